//! The issuer's keys: a JWK set (RFC 7517 section 5), parsed once into an immutable value whose
//! every usable key is prepared for verification.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::json::{Object, otherwise};
use crate::jwk::{self, Jwk, KeyMaterial, SkipReason};
use crate::reason::words;
use crate::signature::{KeyRejected, SignatureAlgorithm, VerifyingKey};

words! {
    /// Why a JWKS document, or the fetch that should have brought one, gave no usable key set.
    ///
    /// ```
    /// use supertokens_session::{FetchFailure, KeySet};
    ///
    /// let failure = KeySet::parse(b"<html>", &[]).unwrap_err();
    /// assert_eq!(failure, FetchFailure::NotJson);
    /// assert_eq!(failure.to_string(), "the document is not JSON");
    /// ```
    pub enum FetchFailure {
        NoAnswer = "no_answer", "there was no HTTP answer";
        Overdue = "overdue", "the fetch did not come back in time";
        Status = "status", "the HTTP status was neither 200 nor a 304 that was asked for";
        TooLong = "too_long", "the document is longer than 256 KiB";
        NotUtf8 = "not_utf8", "the document is not UTF-8";
        NotJson = "not_json", "the document is not JSON";
        NotAnObject = "not_an_object", "the document is not a JSON object";
        NoKeysMember = "no_keys_member", "the document has no array named keys";
        DuplicateKeysMember = "duplicate_keys_member", "the document has two members named keys";
        TooManyKeys = "too_many_keys", "the set has more than 128 members";
        NoUsableKey = "no_usable_key", "the set has no usable key";
    }
}

impl core::error::Error for FetchFailure {}

/// An immutable set of public keys, each prepared for one algorithm, and a report of the members
/// that were skipped.
///
/// ```
/// use supertokens_session::{KeySet, SkipReason, crypto};
///
/// let jwks = include_bytes!("../tests/data/jwks.json");
/// let set = KeySet::parse(jwks, &[crypto::ring::RS256])?;
/// assert_eq!(set.key_ids().count(), 2);
/// assert!(set.skipped().is_empty());
///
/// // One bad member does not fail the set, it is reported.
/// let odd = format!(r#"{{"keys":[{{"kty":"oct"}},{}"#, std::str::from_utf8(&jwks[9..]).unwrap());
/// let set = KeySet::parse(odd.as_bytes(), &[crypto::ring::RS256])?;
/// assert_eq!(set.skipped()[0].reason(), SkipReason::KeyId);
/// # Ok::<(), supertokens_session::FetchFailure>(())
/// ```
pub struct KeySet {
    /// The table, for [`verify_jws`](Self::verify_jws).
    algorithms: Box<[&'static dyn SignatureAlgorithm]>,
    keys: Vec<Key>,
    skipped: Vec<Skipped>,
}

/// One usable key.
pub(crate) struct Key {
    kid: Box<str>,
    algorithm: &'static dyn SignatureAlgorithm,
    /// What it was prepared from, to know it again.
    material: KeyMaterial,
    prepared: Arc<dyn VerifyingKey>,
}

impl Key {
    /// Whether both are one prepared key under one name.
    fn is(&self, other: &Self) -> bool {
        self.kid == other.kid && Arc::ptr_eq(&self.prepared, &other.prepared)
    }

    /// The `alg` this key was prepared for.
    pub(crate) fn alg(&self) -> &'static str {
        self.algorithm.alg()
    }

    pub(crate) fn prepared(&self) -> &Arc<dyn VerifyingKey> {
        &self.prepared
    }
}

/// What a set says of a `kid`.
pub(crate) enum Selection<'k> {
    /// Exactly one usable key has it.
    Key(&'k Key),
    /// No usable key has it, but a member that was skipped does.
    Unusable,
    /// No member has it.
    Unknown,
}

impl KeySet {
    /// Parses the bytes of a JWKS document. `algorithms` is the table of rows a key may be
    /// prepared for.
    ///
    /// A byte order mark is passed over. A number beyond the range of a double, or half a surrogate
    /// pair, inside `keys` is not JSON to `serde_json` and fails the document. Cost: one pass over
    /// the document, one look at each RSA modulus for known weaknesses (microseconds; for a modulus
    /// made to cost as much as it can, as much as many verifications), and one
    /// [`prepare`](SignatureAlgorithm::prepare) a usable key.
    ///
    /// # Errors
    ///
    /// [`FetchFailure`] if the document as a whole is refused, or has no usable key.
    pub fn parse(
        document: &[u8],
        algorithms: &[&'static dyn SignatureAlgorithm],
    ) -> Result<Self, FetchFailure> {
        let set = Self::read(document, algorithms, None)?;
        if set.keys.is_empty() { Err(FetchFailure::NoUsableKey) } else { Ok(set) }
    }

    /// The same, but a set may be without any key, and a key that is in `before` stays the very one
    /// it is there.
    pub(crate) fn read(
        document: &[u8],
        algorithms: &[&'static dyn SignatureAlgorithm],
        before: Option<&Self>,
    ) -> Result<Self, FetchFailure> {
        if document.len() > MAX_DOCUMENT {
            return Err(FetchFailure::TooLong);
        }
        let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
        let text = core::str::from_utf8(document).map_err(|_| FetchFailure::NotUtf8)?;
        let mut json = serde_json::Deserializer::from_str(text);
        let read = Document(Source { algorithms, before }).deserialize(&mut json);
        let set = read.map_err(|_| FetchFailure::NotJson)?;
        json.end().map_err(|_| FetchFailure::NotJson)?;
        set
    }

    /// Whether no key is usable.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys of this set that are not in `other`.
    pub(crate) fn keys_not_in(&self, other: Option<&Self>) -> Vec<Box<str>> {
        let is_in = |set: &Self, key: &Key| set.keys.iter().any(|other| other.is(key));
        let new = self.keys.iter().filter(|key| !other.is_some_and(|other| is_in(other, key)));
        new.map(|key| key.kid.clone()).collect()
    }

    /// The `kid` of each usable key, in the document's order.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| &*key.kid)
    }

    /// The members that were skipped, in the document's order. Repeats of a usable key are not among
    /// them.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Exact comparison; linear in the number of keys, of which a core publishes two or three.
    pub(crate) fn select(&self, kid: &str) -> Selection<'_> {
        if let Some(key) = self.keys.iter().find(|key| *key.kid == *kid) {
            Selection::Key(key)
        } else if self.skipped.iter().any(|member| member.kid() == Some(kid)) {
            Selection::Unusable
        } else {
            Selection::Unknown
        }
    }

    /// Whether a `kid` selects this very prepared key: no two have one.
    pub(crate) fn selects(&self, prepared: &Arc<dyn VerifyingKey>) -> bool {
        self.keys.iter().any(|key| Arc::ptr_eq(&key.prepared, prepared))
    }

    /// Whether the table has `alg`.
    pub(crate) fn allows(&self, alg: &str) -> bool {
        self.algorithms.iter().any(|row| row.alg() == alg)
    }
}

/// A set while it is read: keys that this crate found right and no provider has seen. That two of
/// them share a `kid` must not depend on what a provider thinks of one.
#[derive(Default)]
struct Reading {
    candidates: Vec<Candidate>,
    skipped: Vec<Skipped>,
}

struct Candidate {
    /// Where it stands in the document: more than once if it is repeated.
    indices: Vec<usize>,
    kid: Box<str>,
    material: KeyMaterial,
    algorithm: &'static dyn SignatureAlgorithm,
}

impl Reading {
    fn add(&mut self, key: Candidate) {
        let ambiguous = self
            .skipped
            .iter()
            .any(|member| member.reason == SkipReason::Ambiguous && member.kid() == Some(&key.kid));
        match self.candidates.iter_mut().enumerate().find(|(_, held)| held.kid == key.kid) {
            None if ambiguous => self.skip(key, SkipReason::Ambiguous),
            None => self.candidates.push(key),
            Some((_, held))
                if held.material == key.material && held.algorithm.alg() == key.algorithm.alg() =>
            {
                held.indices.extend(key.indices);
            }
            Some((at, _)) => {
                // Neither is used, whatever the order.
                let held = self.candidates.remove(at);
                self.skip(held, SkipReason::Ambiguous);
                self.skip(key, SkipReason::Ambiguous);
            }
        }
    }

    /// Skips a key in every place it stands in.
    fn skip(&mut self, key: Candidate, reason: SkipReason) {
        for index in key.indices {
            self.report(index, Some(key.kid.clone()), reason);
        }
    }

    fn report(&mut self, index: usize, kid: Option<Box<str>>, reason: SkipReason) {
        // Ambiguous and rejected ones are found after those that stand behind them.
        let at = self.skipped.partition_point(|before| before.index < index);
        self.skipped.insert(at, Skipped { index, kid, reason });
    }

    /// Has each key prepared by its row, but for those that were before.
    fn prepare(mut self, source: Source<'_>) -> KeySet {
        let mut keys = Vec::with_capacity(self.candidates.len());
        for candidate in core::mem::take(&mut self.candidates) {
            match candidate.prepared(source.before) {
                Ok(prepared) => keys.push(Key {
                    kid: candidate.kid,
                    algorithm: candidate.algorithm,
                    material: candidate.material,
                    prepared,
                }),
                Err(KeyRejected) => self.skip(candidate, SkipReason::Rejected),
            }
        }
        KeySet { algorithms: source.algorithms.into(), keys, skipped: self.skipped }
    }
}

impl Candidate {
    fn prepared(&self, before: Option<&KeySet>) -> Result<Arc<dyn VerifyingKey>, KeyRejected> {
        let known = before.and_then(|set| {
            set.keys.iter().find(|key| {
                key.kid == self.kid
                    && key.material == self.material
                    && key.alg() == self.algorithm.alg()
            })
        });
        match known {
            Some(key) => Ok(key.prepared.clone()),
            None => self.algorithm.prepare(self.material.public_key()).map(Arc::from),
        }
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet")
            .field("keys", &self.keys.len())
            .field("skipped", &self.skipped)
            .finish()
    }
}

/// A member of a JWK set that cannot be used; see [`KeySet`] for an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    index: usize,
    kid: Option<Box<str>>,
    reason: SkipReason,
}

impl Skipped {
    /// Where the member stands in the document's `keys`, counted from 0.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// The member's `kid`, if it has one that a token could name.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Why the member is skipped.
    #[must_use]
    pub const fn reason(&self) -> SkipReason {
        self.reason
    }
}

/// The outermost object. Only `keys` is looked at, and it may stand there once.
struct Document<'a>(Source<'a>);

/// What a set is made with.
#[derive(Clone, Copy)]
struct Source<'a> {
    algorithms: &'a [&'static dyn SignatureAlgorithm],
    before: Option<&'a KeySet>,
}

type Parsed = Result<KeySet, FetchFailure>;

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = Parsed;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Parsed, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = Parsed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JWK set")
    }

    otherwise!(scalar => Err(FetchFailure::NotAnObject));
    otherwise!(array => Err(FetchFailure::NotAnObject));

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parsed, A::Error> {
        let mut parsed = Err(FetchFailure::NoKeysMember);
        let mut seen = false;
        while let Some(is_keys) = map.next_key_seed(IsKeys)? {
            if !is_keys {
                map.next_value::<IgnoredAny>()?;
            } else if seen {
                map.next_value::<IgnoredAny>()?;
                parsed = Err(FetchFailure::DuplicateKeysMember);
            } else {
                seen = true;
                parsed = map.next_value_seed(KeysArray(self.0))?;
            }
        }
        Ok(parsed)
    }
}

/// Whether the name of a member is `keys`, escapes undone.
struct IsKeys;

impl<'de> DeserializeSeed<'de> for IsKeys {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<bool, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for IsKeys {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<bool, E> {
        Ok(name == "keys")
    }
}

/// The value of `keys`.
struct KeysArray<'a>(Source<'a>);

impl<'de> DeserializeSeed<'de> for KeysArray<'_> {
    type Value = Parsed;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Parsed, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for KeysArray<'_> {
    type Value = Parsed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of JWKs")
    }

    otherwise!(scalar => Err(FetchFailure::NoKeysMember));
    otherwise!(object => Err(FetchFailure::NoKeysMember));

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Parsed, A::Error> {
        let mut reading = Reading::default();
        let mut open_names = [0; jwk::OPEN_NAMES];
        for index in 0..MAX_KEYS {
            let mut jwk = Jwk::default();
            let object = Object::new(jwk::LIMITS, &mut open_names, &mut jwk);
            let Some(flaw) = seq.next_element_seed(object)? else {
                return Ok(Ok(reading.prepare(self.0)));
            };
            match flaw.map_or_else(|| jwk.judge(self.0.algorithms), |flaw| Err(flaw.into())) {
                Ok((material, algorithm)) => {
                    let kid = jwk.kid().unwrap_or_default().into();
                    reading.add(Candidate { indices: vec![index], kid, material, algorithm });
                }
                Err(reason) => reading.report(index, jwk.kid().map(Box::from), reason),
            }
        }
        // Exactly as many as there may be, or more.
        if seq.next_element::<IgnoredAny>()?.is_none() {
            return Ok(Ok(reading.prepare(self.0)));
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Err(FetchFailure::TooManyKeys))
    }
}

/// Bytes of a JWKS document. Nimbus stops at 50 KB; the largest of the real sets the tests read is
/// far below that, and 128 RSA-8192 keys fit.
const MAX_DOCUMENT: usize = 256 * 1024;

/// Members of a set. A core publishes two, three around a rotation.
const MAX_KEYS: usize = 128;
