//! A value of a claim: JSON as JavaScript has it, since the SDK's validators are written in it.
//!
//! Not `serde_json`'s own `Value`: the SDK repeats a claim's value in its answers, and there members
//! keep an order that `Value` keeps only under a feature of that crate, which would be on for
//! everybody else in the program too.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A JSON value: what a session claim holds, what a validator expects, what a reason says.
///
/// Numbers are doubles, as in JavaScript, and finite: what is not is printed as `null`, as
/// `JSON.stringify` has it, and equals no claim. The members of an object have JavaScript's order: names
/// that are array indices first, by number, then the others as they came.
///
/// [`to_json`](Self::to_json) prints what `JSON.stringify` does. `Debug` prints only the kind, for
/// claims are the user's.
///
/// ```
/// use supertokens_session::ClaimValue;
///
/// let roles = ClaimValue::from(vec!["admin", "editor"]);
/// assert_eq!(roles.as_array().unwrap()[0].as_text(), Some("admin"));
/// assert_eq!(roles.to_json(), r#"["admin","editor"]"#);
/// assert_eq!(format!("{roles:?}"), "Array(..)");
/// ```
#[derive(Clone, PartialEq)]
pub struct ClaimValue(Kind);

// No number is a NaN, so every value equals itself.
impl Eq for ClaimValue {}

#[derive(Clone, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(f64),
    /// What is no number to JSON. It is printed as `null`, as in JavaScript, and the same as nothing.
    NotFinite,
    Text(String),
    Array(Vec<ClaimValue>),
    Object(Vec<(String, ClaimValue)>),
}

impl ClaimValue {
    /// `null`.
    pub const NULL: Self = Self(Kind::Null);

    /// An object of these members. Of two of one name the later value counts, in the place of the
    /// earlier.
    ///
    /// ```
    /// use supertokens_session::ClaimValue;
    ///
    /// let claim = ClaimValue::object([("v", true.into()), ("t", 1_750_000_000_000_f64.into())]);
    /// assert_eq!(claim.to_json(), r#"{"v":true,"t":1750000000000}"#);
    /// ```
    #[must_use]
    pub fn object<N: Into<String>>(members: impl IntoIterator<Item = (N, Self)>) -> Self {
        let mut object = Self(Kind::Object(Vec::new()));
        for (name, value) in members {
            object.set(name.into(), value);
        }
        object
    }

    /// Sets a member as JavaScript does; nothing but an object has any.
    pub(crate) fn set(&mut self, name: String, value: Self) {
        let Kind::Object(members) = &mut self.0 else { return };
        if let Some((_, old)) = members.iter_mut().find(|(other, _)| *other == name) {
            *old = value;
            return;
        }
        let place = array_index(&name).map_or(members.len(), |index| {
            members.partition_point(|(other, _)| array_index(other).is_some_and(|at| at < index))
        });
        members.insert(place, (name, value));
    }

    pub(crate) const fn kind(&self) -> &Kind {
        &self.0
    }

    /// Bytes of what it has on the heap. Recursive, as deep as the value is nested, which is bounded
    /// where values are read.
    pub(crate) fn heap_bytes(&self) -> usize {
        match &self.0 {
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::NotFinite => 0,
            Kind::Text(text) => text.capacity(),
            Kind::Array(elements) => elements
                .iter()
                .map(Self::heap_bytes)
                .fold(elements.capacity().saturating_mul(size_of::<Self>()), usize::saturating_add),
            Kind::Object(members) => members
                .iter()
                .map(|(name, value)| name.capacity().saturating_add(value.heap_bytes()))
                .fold(
                    members.capacity().saturating_mul(size_of::<(String, Self)>()),
                    usize::saturating_add,
                ),
        }
    }

    /// Whether it is `null`.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self.0, Kind::Null)
    }

    /// The boolean, if it is one.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self.0 {
            Kind::Bool(bool) => Some(bool),
            _ => None,
        }
    }

    /// The number, if it is one. It is finite.
    #[must_use]
    pub const fn as_number(&self) -> Option<f64> {
        match self.0 {
            Kind::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The text, if it is a string.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.0 {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements, if it is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match &self.0 {
            Kind::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The members in order, if it is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<impl ExactSizeIterator<Item = (&str, &Self)>> {
        match &self.0 {
            Kind::Object(members) => {
                Some(members.iter().map(|(name, value)| (name.as_str(), value)))
            }
            _ => None,
        }
    }

    /// The member of this name, if it is an object that has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Whether the two mean the same, in whatever order the members of objects are.
    pub(crate) fn means(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Array(one), Kind::Array(other)) => {
                one.len() == other.len()
                    && one.iter().zip(other).all(|(one, other)| one.means(other))
            }
            (Kind::Object(one), Kind::Object(members)) => {
                // No name stands twice in either.
                one.len() == members.len()
                    && one.iter().all(|(name, value)| {
                        other.get(name).is_some_and(|its_value| value.means(its_value))
                    })
            }
            (one, other) => one == other,
        }
    }

    /// JavaScript's `===` for values that have come by different ways: two arrays or two objects
    /// are never the same one.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.can_be_same() && self == other
    }

    /// Whether any value is the same: not as an array, an object or what is no number.
    pub(crate) const fn can_be_same(&self) -> bool {
        !matches!(self.0, Kind::Array(_) | Kind::Object(_) | Kind::NotFinite)
    }
}

/// The number of a name that is an array index: decimal without leading zeros, less than 2^32 - 1
/// (ECMA-262 section 6.1.7). Own members of such names come first (section 10.1.11.1).
fn array_index(name: &str) -> Option<u32> {
    let is_canonical = name == "0" || !name.starts_with(['0', '+']);
    name.parse().ok().filter(|index| is_canonical && *index != u32::MAX)
}

impl From<bool> for ClaimValue {
    fn from(bool: bool) -> Self {
        Self(Kind::Bool(bool))
    }
}

impl From<f64> for ClaimValue {
    /// Infinities and NaN are printed as `null`, and no value of a claim is the same.
    fn from(number: f64) -> Self {
        Self(if number.is_finite() { Kind::Number(number) } else { Kind::NotFinite })
    }
}

impl From<i32> for ClaimValue {
    fn from(number: i32) -> Self {
        Self(Kind::Number(number.into()))
    }
}

impl From<u32> for ClaimValue {
    fn from(number: u32) -> Self {
        Self(Kind::Number(number.into()))
    }
}

impl From<&str> for ClaimValue {
    fn from(text: &str) -> Self {
        Self(Kind::Text(text.to_owned()))
    }
}

impl From<String> for ClaimValue {
    fn from(text: String) -> Self {
        Self(Kind::Text(text))
    }
}

impl<T: Into<Self>> From<Vec<T>> for ClaimValue {
    fn from(elements: Vec<T>) -> Self {
        Self(Kind::Array(elements.into_iter().map(Into::into).collect()))
    }
}

impl fmt::Debug for ClaimValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Null => "Null",
            Kind::NotFinite => "NotFinite",
            Kind::Bool(_) => "Bool(..)",
            Kind::Number(_) => "Number(..)",
            Kind::Text(_) => "Text(..)",
            Kind::Array(_) => "Array(..)",
            Kind::Object(_) => "Object(..)",
        })
    }
}
