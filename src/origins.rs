//! Where the issuer's document is.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The URLs of an issuer's JWKS document, at least one, in the order they are asked.
///
/// ```
/// use supertokens_session::Origins;
///
/// let one = Origins::from("https://core.example/.well-known/jwks.json");
/// let two = Origins::from(["https://core-1.example/jwks.json", "https://core-2.example/jwks.json"]);
/// let read_from_a_file = Origins::new("https://core-1.example/jwks.json", vec![String::from("…")]);
/// ```
///
/// None at all does not compile:
///
/// ```compile_fail
/// let none = supertokens_session::Origins::from([]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins {
    first: Arc<str>,
    others: Vec<Arc<str>>,
}

impl Origins {
    /// From a first URL and any others.
    #[must_use]
    pub fn new<O: Into<Arc<str>>>(
        first: impl Into<Arc<str>>,
        others: impl IntoIterator<Item = O>,
    ) -> Self {
        Self { first: first.into(), others: others.into_iter().map(Into::into).collect() }
    }

    pub(crate) fn get(&self, index: usize) -> Arc<str> {
        let other = index.checked_sub(1).and_then(|index| self.others.get(index));
        other.unwrap_or(&self.first).clone()
    }

    /// The one of them that is this URL.
    pub(crate) fn find(&self, url: &str) -> Option<Arc<str>> {
        core::iter::once(&self.first).chain(&self.others).find(|origin| ***origin == *url).cloned()
    }

    pub(crate) fn after(&self, index: usize) -> usize {
        if index < self.others.len() { index.saturating_add(1) } else { 0 }
    }
}

impl From<&str> for Origins {
    fn from(url: &str) -> Self {
        Self { first: url.into(), others: Vec::new() }
    }
}

impl From<String> for Origins {
    fn from(url: String) -> Self {
        Self::from(url.as_str())
    }
}

impl<const N: usize> From<[&str; N]> for Origins {
    fn from(urls: [&str; N]) -> Self {
        const { assert!(N > 0, "a key store needs an origin") };
        let mut urls = urls.into_iter().map(Arc::from);
        let first = urls.next().unwrap_or_default();
        Self { first, others: urls.collect() }
    }
}
