//! Keys in a form that can be stored, so that a cold start need not wait for the issuer.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::answer::Validators;
use crate::key_set::FetchFailure;
use crate::keys::Keys;
use crate::time::UnixMillis;

/// Why a stored snapshot is not used.
///
/// ```
/// use supertokens_session::{ImportError, KeyPolicy, KeyStore, UnixMillis, crypto};
///
/// let origin = "https://core.example/jwks.json";
/// let mut store = KeyStore::new(origin, &[crypto::ring::RS256], KeyPolicy::default(), 7);
/// let refused = store.import(b"?", UnixMillis::default()).unwrap_err();
/// assert_eq!(refused, ImportError::NotASnapshot);
/// assert_eq!(refused.to_string(), "these are not the bytes of an exported snapshot");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportError {
    /// These are not the bytes of an exported snapshot, or they are of another version of it.
    NotASnapshot,
    /// It says that it was fetched later than now: one of the clocks is wrong, and how old it is
    /// cannot be known.
    FromTheFuture,
    /// It is older than [`KeyPolicy::usable_for`](crate::KeyPolicy::usable_for).
    TooOld,
    /// It was fetched from another URL than any of the store's.
    OtherOrigin,
    /// The store has keys that are as new.
    NotNewer,
    /// The document in it gives no usable key.
    Document(FetchFailure),
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotASnapshot => "these are not the bytes of an exported snapshot",
            Self::FromTheFuture => "the snapshot lies in the future",
            Self::TooOld => "the snapshot is too old to be used",
            Self::OtherOrigin => "the snapshot was fetched from another origin",
            Self::NotNewer => "the store has keys that are as new",
            Self::Document(failure) => return failure.fmt(f),
        })
    }
}

impl core::error::Error for ImportError {}

impl Keys {
    /// The key set as bytes for [`KeyStore::import`](crate::KeyStore::import), if there is one (and its
    /// URL is one, without control characters): a few lines of text, then the document as it came.
    /// Whoever can change them where they are stored can sign sessions.
    ///
    /// ```
    /// use supertokens_session::{Fetch, FetchAnswer, KeyPolicy, KeyStore, UnixMillis, crypto};
    ///
    /// let new = || {
    ///     let origin = "https://core.example/jwks.json";
    ///     KeyStore::new(origin, &[crypto::ring::RS256], KeyPolicy::default(), 7)
    /// };
    /// let mut store = new();
    /// let now = UnixMillis::from_secs(1_750_000_000);
    /// let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), now) else { unreachable!() };
    /// let answer = FetchAnswer::http(200, include_bytes!("../tests/data/jwks.json"));
    /// let stored = store.finish_fetch(ticket, answer, now).into_keys().export().unwrap();
    ///
    /// // Elsewhere, a minute later.
    /// let mut store = new();
    /// let keys = store.import(&stored, UnixMillis::from_secs(1_750_000_060))?;
    /// assert_eq!(keys.set().map(|set| set.key_ids().count()), Some(2));
    /// # Ok::<(), supertokens_session::ImportError>(())
    /// ```
    #[must_use]
    pub fn export(&self) -> Option<Vec<u8>> {
        // A URL with a line end in it would be read back as another field.
        let held = self.snapshot().held.as_ref();
        let held = held.filter(|held| !held.origin.contains(char::is_control))?;
        let mut bytes = Vec::from(MAGIC);
        let mut line = |name: &str, value: &str| {
            for part in [name, " ", value, "\n"] {
                bytes.extend_from_slice(part.as_bytes());
            }
        };
        line(FETCHED_AT, &alloc::format!("{}", held.began.as_millis()));
        line(FRESH_FOR, &alloc::format!("{}", held.fresh_for.as_millis()));
        line(ORIGIN, &held.origin);
        for (name, value) in
            [(ETAG, &held.validators.etag), (LAST_MODIFIED, &held.validators.last_modified)]
        {
            if let Some(value) = value {
                line(name, value);
            }
        }
        bytes.push(b'\n');
        bytes.extend_from_slice(&held.document);
        Some(bytes)
    }
}

/// A stored snapshot, taken apart.
pub(crate) struct Exported<'b> {
    pub(crate) fetched_at: UnixMillis,
    pub(crate) fresh_for: Duration,
    pub(crate) origin: &'b str,
    pub(crate) validators: Validators,
    pub(crate) document: &'b [u8],
}

impl<'b> Exported<'b> {
    pub(crate) fn read(bytes: &'b [u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let (mut fetched_at, mut fresh_for, mut origin) = (None, None, None);
        let (mut etag, mut last_modified) = (None, None);
        // Each field once at most and no others, so this ends after a few lines.
        loop {
            let end = rest.iter().position(|byte| *byte == b'\n')?;
            let (line, after) = rest.split_at_checked(end)?;
            rest = after.get(1..)?;
            if line.is_empty() {
                break;
            }
            let line = core::str::from_utf8(line).ok()?;
            let (name, value) = line.split_once(' ')?;
            let field = match name {
                FETCHED_AT => &mut fetched_at,
                FRESH_FOR => &mut fresh_for,
                ORIGIN => &mut origin,
                ETAG => &mut etag,
                LAST_MODIFIED => &mut last_modified,
                _ => return None,
            };
            if field.replace(value).is_some() {
                return None;
            }
        }
        Some(Self {
            fetched_at: UnixMillis::from_millis(number(fetched_at?)?),
            fresh_for: Duration::from_millis(number(fresh_for?)?),
            origin: origin?,
            validators: Validators::new(etag.map(str::as_bytes), last_modified.map(str::as_bytes)),
            document: rest,
        })
    }
}

/// Digits only: `parse` would take a sign as well.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// The first line, with the version of what follows.
const MAGIC: &[u8] = b"supertokens-session keys 1\n";

const FETCHED_AT: &str = "fetched-at";
const FRESH_FOR: &str = "fresh-for";
const ORIGIN: &str = "origin";
const ETAG: &str = "etag";
const LAST_MODIFIED: &str = "last-modified";
