//! One JSON object read strictly over `serde_json` (RFC 8259): only an object, no name twice at
//! any depth (RFC 7515 section 4), bounded in depth and members, nothing but the wanted kept.
//!
//! * UTF-8 is checked first: `serde_json` lets invalid bytes pass inside values it skips.
//! * Visitors are written by hand: a derived struct also accepts an array.
//! * What is wrong is a flag beside the parser, not a `serde` error: an error costs allocations, a
//!   flag costs none (but for what lies too deep, which `serde_json` skips with a stack of its own
//!   on the heap), and the work stays one pass over bounded text.
//! * Names are compared by a 64-bit hash. Equal names have equal hashes, so no duplicate is
//!   ever missed; two different names with one hash (chance 2^-64 a pair, or crafted by the
//!   signer of the very token) are refused too. In exchange the check allocates nothing, needs no
//!   copy of a name that had escapes, and 256 members cost 256 * 128 comparisons of
//!   half a word, four at a time.

use alloc::borrow::{Cow, ToOwned};
use core::fmt;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::reason::Flaw;

/// Visitor methods for JSON values other than the ones a visitor is for: well-formed, so no error,
/// but `$else` as the answer.
macro_rules! otherwise {
    (scalar => $else:expr) => {
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok($else)
        }
        fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok($else)
        }
        fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok($else)
        }
        fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok($else)
        }
        fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok($else)
        }
        fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
            Ok($else)
        }
    };
    (array => $else:expr) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok($else)
        }
    };
    (object => $else:expr) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok($else)
        }
    };
}

pub(crate) use otherwise;

/// What an object may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Members of one object.
    pub(crate) members: usize,
    /// Containers inside each other, the object itself counted.
    pub(crate) depth: usize,
    /// Marks in all: bytes `[`, `{`, `,` and `\`, and pairs of a digit and `e` or `E`. Each stands
    /// for a value, an escape or an exponent, which cost a hundred instructions and more where a byte of
    /// text costs one or two. White space, and what is not ASCII behind what is, cost a quarter of that
    /// and count so. Counted before anything is parsed, this bounds what a refusal costs (promise 11).
    pub(crate) marks: usize,
}

impl Limits {
    /// The most names a text within the limits can have: each has a `{` or a `,` before it.
    pub(crate) const fn most_names(self) -> usize {
        self.marks
    }
}

/// A value as far as anybody here looks at it.
#[derive(Debug, PartialEq)]
pub(crate) enum Value<'de> {
    Null,
    Bool,
    Number(Number),
    Text(Cow<'de, str>),
    /// An array; whether one of its direct elements is the text [`Members::SOUGHT`].
    Array {
        has_sought: bool,
    },
    Object,
}

/// A JSON number as `serde_json` tells them apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Unsigned(u64),
    Negative(i64),
    Float(f64),
}

/// Receives the members of an object.
pub(crate) trait Members<'de> {
    /// A member that is wanted.
    type Name: Copy;

    /// The text to look for in arrays that are wanted.
    const SOUGHT: &'static str = "";

    /// Which wanted member `name` is; `None` skips its value (checked all the same).
    fn name(name: &str) -> Option<Self::Name>;

    /// Takes the value of a wanted member; called again for a name that stands there twice.
    fn set(&mut self, name: Self::Name, value: Value<'de>);
}

/// Reads `text` as one object into `members`. `open_names` is room for the names of all objects
/// that are open at one time, two halves each: [`Limits::most_names`] names are enough. Gives `text` back as text.
pub(crate) fn read_object<'de, M: Members<'de>>(
    text: &'de [u8],
    limits: Limits,
    open_names: &mut [Half],
    members: &mut M,
) -> Result<&'de str, Flaw> {
    Counted::new(text, limits)?.read(open_names, members)
}

/// A text whose structure was counted and is within the limits, so that it may be read.
pub(crate) struct Counted<'de> {
    text: &'de [u8],
    limits: Limits,
    marks: usize,
}

impl<'de> Counted<'de> {
    pub(crate) fn new(text: &'de [u8], limits: Limits) -> Result<Self, Flaw> {
        let marks = marks(text);
        if marks > limits.marks { Err(Flaw::TooComplex) } else { Ok(Self { text, limits, marks }) }
    }

    /// Its marks: as many names are open at most.
    pub(crate) const fn marks(&self) -> usize {
        self.marks
    }

    /// See [`read_object`].
    pub(crate) fn read<M: Members<'de>>(
        self,
        open_names: &mut [Half],
        members: &mut M,
    ) -> Result<&'de str, Flaw> {
        let text = core::str::from_utf8(self.text).map_err(|_| Flaw::NotUtf8)?;
        let mut json = serde_json::Deserializer::from_str(text);
        let flaw = Object::new(self.limits, open_names, members)
            .deserialize(&mut json)
            .map_err(|_| Flaw::NotJson)?;
        json.end().map_err(|_| Flaw::NotJson)?;
        flaw.map_or(Ok(text), Err)
    }
}

fn marks(text: &[u8]) -> usize {
    let is_mark = |byte: u8| u8::from(matches!(byte, b'[' | b'{' | b',' | b'\\'));
    let is_exponent =
        |byte: u8, next: u8| u8::from(byte.is_ascii_digit()) & u8::from(next | 0x20 == b'e');
    let is_white = |byte: u8| u8::from(byte <= b' ');
    let is_change = |byte: u8, next: u8| u8::from(byte.is_ascii()) & u8::from(!next.is_ascii());
    // Summed in bytes, which the compiler does 16 at a time; of 255 there would be some left over.
    let in_chunk = |(chunk, next): (&[u8], &[u8])| {
        let (marks, light) =
            chunk.iter().zip(next).fold((0_u8, 0_u8), |(marks, light), (byte, next)| {
                (
                    marks.wrapping_add(is_mark(*byte) | is_exponent(*byte, *next)),
                    light.wrapping_add(is_white(*byte) | is_change(*byte, *next)),
                )
            });
        (usize::from(marks), usize::from(light))
    };
    let Some((last, _)) = text.split_last() else { return 0 };
    let next = text.get(1..).unwrap_or_default();
    let end = (usize::from(is_mark(*last)), usize::from(is_white(*last)));
    let chunks = text.chunks(CHUNK).zip(next.chunks(CHUNK)).map(in_chunk);
    let (marks, light) = chunks.fold(end, |(marks, light), (more, more_light)| {
        (marks.saturating_add(more), light.saturating_add(more_light))
    });
    marks.saturating_add(light / LIGHT)
}

/// Bytes whose marks are counted in one byte.
const CHUNK: usize = 240;

/// How many light ones are one mark.
const LIGHT: usize = 4;

/// Reads one object where a `serde` deserializer stands. `Err` is broken JSON; `Ok(Some(_))` is
/// well-formed JSON that is refused.
pub(crate) struct Object<'w, M> {
    walk: Walk<'w>,
    members: &'w mut M,
}

impl<'w, 'de, M: Members<'de>> Object<'w, M> {
    pub(crate) fn new(limits: Limits, open_names: &'w mut [Half], members: &'w mut M) -> Self {
        let (low, high) = open_names.split_at_mut(open_names.len() / 2);
        Self {
            walk: Walk {
                limits,
                sought: M::SOUGHT,
                names: Names { low, high, open: 0, near: 0, repeats: false },
                depth: 0,
                flaw: None,
            },
            members,
        }
    }
}

impl<'de, M: Members<'de>> DeserializeSeed<'de> for Object<'_, M> {
    type Value = Option<Flaw>;

    fn deserialize<D: Deserializer<'de>>(mut self, json: D) -> Result<Self::Value, D::Error> {
        let is_object = json.deserialize_any(Root { object: &mut self })?;
        Ok(if is_object { self.walk.flaw } else { Some(Flaw::NotAnObject) })
    }
}

/// The checks common to every value: one pass, all state in here.
struct Walk<'w> {
    limits: Limits,
    sought: &'static str,
    names: Names<'w>,
    depth: usize,
    flaw: Option<Flaw>,
}

/// Half of the hash of a name.
pub(crate) type Half = u32;

/// Hashes of the names of all open objects, innermost last, in halves: the compiler can compare
/// four halves at a time on every x86-64, but not two wholes.
struct Names<'w> {
    low: &'w mut [u32],
    high: &'w mut [u32],
    open: usize,
    /// How many names shared the low half with another before them.
    near: usize,
    /// A name stands twice. Then there is nothing more to find, and to look for it would be work.
    repeats: bool,
}

impl Names<'_> {
    /// Adds `name` to the object whose first name is at `start`.
    fn add(&mut self, start: usize, most: usize, name: &str) -> Result<(), Flaw> {
        let (low, high) = halves(hash_of(name));
        let siblings = self.low.get(start..self.open).unwrap_or_default();
        if siblings.len() >= most {
            return Err(Flaw::TooManyMembers);
        }
        // Without an early end, which would be one comparison at a time.
        if !self.repeats && siblings.iter().fold(false, |found, sibling| found | (*sibling == low))
        {
            let highs = self.high.get(start..self.open).unwrap_or_default();
            self.near = self.near.saturating_add(1);
            let is_new = siblings.iter().zip(highs).all(|sibling| sibling != (&low, &high));
            self.repeats = !is_new || self.near > MOST_NEAR;
        }
        let room = self.low.get_mut(self.open).zip(self.high.get_mut(self.open));
        let (its_low, its_high) = room.ok_or(Flaw::TooManyMembers)?;
        (*its_low, *its_high) = (low, high);
        self.open = self.open.saturating_add(1);
        if self.repeats { Err(Flaw::DuplicateMember) } else { Ok(()) }
    }
}

/// Names that share the low half of their hash, and not the high one, with another: of a payload's 288
/// there are two in one text of a hundred thousand. More of them were made to be, so that looking at
/// them costs; they are refused as repeats.
const MOST_NEAR: usize = 8;

fn halves(hash: u64) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = hash.to_le_bytes();
    (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
}

/// FNV-1a, 64 bits (draft-eastlake-fnv), but by eight bytes where there are eight, so that one
/// long name costs no more than other text. Neither for secrets nor for a table an attacker fills.
fn hash_of(text: &str) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut words = text.as_bytes().chunks_exact(8);
    let hash = words.by_ref().fold(0xcbf2_9ce4_8422_2325, |hash: u64, word| {
        let word = word.try_into().map_or(0, u64::from_le_bytes);
        folded_product(hash ^ word)
    });
    words.remainder().iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// The halves of a product of 128 bits, one over the other. Of 64 bits the high ones would depend on
/// all of `value` and the low ones on its low ones only, so that what one word changes in its high
/// bits the next could change back.
fn folded_product(value: u64) -> u64 {
    // 2^64 over the golden ratio, as in SplitMix64: odd, and without a pattern.
    const FACTOR: u128 = 0x9e37_79b9_7f4a_7c15;
    let product = u128::from(value).wrapping_mul(FACTOR);
    let [a, b, c, d, e, f, g, h, high @ ..] = product.to_le_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h]) ^ u64::from_le_bytes(high)
}

impl Walk<'_> {
    /// The gravest flaw is reported, so that the order of members does not change the report.
    fn flag(&mut self, flaw: Flaw) {
        self.flaw = self.flaw.max(Some(flaw));
    }

    /// Enters a container; `false` where it lies too deep and is to be skipped.
    fn enter(&mut self) -> bool {
        if self.depth >= self.limits.depth {
            self.flag(Flaw::TooDeep);
            return false;
        }
        self.depth = self.depth.saturating_add(1);
        true
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Walks a map and hands each wanted member to `take`. A flaw ends nothing: what is taken must
    /// not depend on what stands before it.
    fn map<'de, A: MapAccess<'de>, N: Copy>(
        &mut self,
        mut map: A,
        wanted: fn(&str) -> Option<N>,
        mut take: impl FnMut(N, Value<'de>),
    ) -> Result<(), A::Error> {
        if !self.enter() {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let start = self.names.open;
        while let Some(wanted) = map.next_key_seed(Name { walk: self, start, wanted })? {
            let value = map.next_value_seed(Any { walk: self, keep: wanted.is_some() })?;
            if let Some(name) = wanted {
                take(name, value);
            }
        }
        self.names.open = start;
        self.leave();
        Ok(())
    }

    /// Walks an array; whether one of its elements is the text that is sought.
    fn seq<'de, A: SeqAccess<'de>>(&mut self, mut seq: A, keep: bool) -> Result<bool, A::Error> {
        if !self.enter() {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(false);
        }
        let keep = keep && !self.sought.is_empty();
        let mut has_sought = false;
        while let Some(element) = seq.next_element_seed(Any { walk: self, keep })? {
            has_sought |= keep && matches!(element, Value::Text(text) if text == self.sought);
        }
        self.leave();
        Ok(has_sought)
    }
}

/// Reads the name of a member: which wanted one it is, or `None`. A flaw is flagged.
struct Name<'x, 'w, N> {
    walk: &'x mut Walk<'w>,
    start: usize,
    wanted: fn(&str) -> Option<N>,
}

impl<'de, N> DeserializeSeed<'de> for Name<'_, '_, N> {
    type Value = Option<N>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<N>, D::Error> {
        json.deserialize_str(self)
    }
}

impl<N> Visitor<'_> for Name<'_, '_, N> {
    type Value = Option<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Option<N>, E> {
        if let Err(flaw) = self.walk.names.add(self.start, self.walk.limits.members, name) {
            self.walk.flag(flaw);
        }
        Ok((self.wanted)(name))
    }
}

/// Any value: checked throughout; its text is copied only where it is kept and had escapes.
struct Any<'x, 'w> {
    walk: &'x mut Walk<'w>,
    keep: bool,
}

impl<'de> DeserializeSeed<'de> for Any<'_, '_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value<'de>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any<'_, '_> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value<'de>, E> {
        Ok(Value::Number(Number::Unsigned(number)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value<'de>, E> {
        Ok(Value::Number(Number::Negative(number)))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value<'de>, E> {
        Ok(Value::Number(Number::Float(number)))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(if self.keep { Cow::Owned(text.to_owned()) } else { Cow::Borrowed("") }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Value<'de>, A::Error> {
        let has_sought = self.walk.seq(seq, self.keep)?;
        Ok(Value::Array { has_sought })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value<'de>, A::Error> {
        self.walk.map(map, |_| None::<()>, |(), _| {})?;
        Ok(Value::Object)
    }
}

/// The outermost value: `true` if it is an object.
struct Root<'x, 'w, M> {
    object: &'x mut Object<'w, M>,
}

impl<'de, M: Members<'de>> Visitor<'de> for Root<'_, '_, M> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    otherwise!(scalar => false);
    otherwise!(array => false);

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<bool, A::Error> {
        let Object { walk, members } = self.object;
        walk.map(map, M::name, |name, value| members.set(name, value))?;
        Ok(true)
    }
}
