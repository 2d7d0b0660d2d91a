//! A JSON value that keeps every member of every object, so that repeats can be seen.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::marks::marks;

#[derive(Debug)]
pub enum Tree {
    Scalar,
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

/// What an object may hold: members, depth, marks in all.
#[derive(Clone, Copy)]
pub struct Limits {
    pub members: usize,
    pub depth: usize,
    pub marks: usize,
}

pub const HEADER: Limits = Limits { members: 64, depth: 16, marks: 72 };
pub const PAYLOAD: Limits = Limits { members: 256, depth: 65, marks: 288 };
pub const JWK: Limits = Limits { marks: usize::MAX, ..HEADER };

/// The value if `text` is one JSON object, no name stands twice in one object, and the limits hold.
pub fn strict(text: &[u8], limits: Limits) -> Option<serde_json::Value> {
    let text = std::str::from_utf8(text).ok()?;
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let tree: Tree = serde_json::from_str(text).ok()?;
    let marks = marks(text.as_bytes());
    (value.is_object() && marks <= limits.marks && tree.is_within(limits, 0)).then_some(value)
}

impl Tree {
    fn is_within(&self, limits: Limits, above: usize) -> bool {
        match self {
            Self::Scalar => true,
            Self::Array(values) => {
                above < limits.depth
                    && values.iter().all(|value| value.is_within(limits, above + 1))
            }
            Self::Object(members) => {
                above < limits.depth
                    && members.len() <= limits.members
                    && members.iter().enumerate().all(|(index, (name, value))| {
                        let before = &members[..index];
                        before.iter().all(|(other, _)| other != name)
                            && value.is_within(limits, above + 1)
                    })
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(AnyTree)
    }
}

struct AnyTree;

impl<'de> Visitor<'de> for AnyTree {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Tree::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Tree::Object(members))
    }
}
