//! Objects of the vectors, read so that nothing in them is overlooked: a member is taken, or named
//! here with the reason why not, or the test fails.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::{Map, Value};

/// Members that are not taken: the object they stand in, their name, and why.
const IGNORED: [(&str, &str, &str); 16] = [
    ("file", "algorithm", "the schema says what the file is"),
    ("file", "header", "prose"),
    ("group", "private", "the public key is there too, and nothing here signs"),
    ("group", "publicKeyAsn", "the key of `publicKey` in DER, which no JWK holds"),
    ("group", "publicKeyDer", "the same as a certificate holds it"),
    ("group", "publicKeyPem", "the same as text"),
    ("group", "source", "who made the vectors"),
    ("note", "bugType", "what the bug is that the flag stands for"),
    ("note", "cves", "where it was"),
    ("note", "description", "prose"),
    ("note", "effect", "prose"),
    ("note", "links", "prose"),
    ("rfc", "note", "prose"),
    ("rfc", "payload_utf8", "what was left out of a text, which is refused without it"),
    ("rfc", "thumbprint_sha256", "this crate makes no thumbprints (RFC 7638)"),
    ("set", "thumbprints", "nor of sets"),
];

/// Those of [`IGNORED`] that were there.
static MET: Mutex<BTreeSet<(&str, &str)>> = Mutex::new(BTreeSet::new());

/// Those of [`IGNORED`] that no object had: the list must not outlive the vectors.
pub(crate) fn never_met() -> Vec<(&'static str, &'static str)> {
    let met = MET.lock().unwrap();
    let ignored = IGNORED.iter().map(|(object, name, _)| (*object, *name));
    ignored.filter(|member| !met.contains(member)).collect()
}

/// An object whose members are taken one by one.
pub(crate) struct Fields {
    object: &'static str,
    place: String,
    members: Map<String, Value>,
}

impl Fields {
    pub(crate) fn new(object: &'static str, place: &str, value: Value) -> Self {
        let Value::Object(members) = value else { panic!("{place}: {object} is not an object") };
        Self { object, place: place.to_owned(), members }
    }

    pub(crate) fn maybe(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name)
    }

    pub(crate) fn take(&mut self, name: &str) -> Value {
        let value = self.maybe(name);
        value.unwrap_or_else(|| panic!("{}: {} without {name}", self.place, self.object))
    }

    pub(crate) fn text(&mut self, name: &str) -> String {
        let Value::String(text) = self.take(name) else {
            panic!("{}: {name} is not a string", self.place);
        };
        text
    }

    pub(crate) fn number(&mut self, name: &str) -> usize {
        let number = self.take(name).as_u64().and_then(|number| usize::try_from(number).ok());
        number.unwrap_or_else(|| panic!("{}: {name} is not a number", self.place))
    }

    pub(crate) fn list(&mut self, name: &str) -> Vec<Value> {
        let Value::Array(list) = self.take(name) else {
            panic!("{}: {name} is not an array", self.place);
        };
        list
    }

    pub(crate) fn hex(&mut self, name: &str) -> Vec<u8> {
        let text = self.text(name);
        assert!(text.len() % 2 == 0, "{}: {name} has half a byte", self.place);
        let pairs = (0..text.len()).step_by(2);
        pairs.map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    /// Nothing may be left that [`IGNORED`] does not name.
    pub(crate) fn end(mut self) {
        for (object, name, _) in IGNORED {
            if object == self.object && self.members.remove(name).is_some() {
                MET.lock().unwrap().insert((object, name));
            }
        }
        let left: Vec<_> = self.members.keys().collect();
        assert!(left.is_empty(), "{}: nobody read {left:?} of the {}", self.place, self.object);
    }
}
