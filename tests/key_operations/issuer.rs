//! The issuer that the operations play: its documents, tokens of its keys, and a row of signatures
//! that cost nothing, so that a run is all about the store.

use std::sync::LazyLock;

use base64ct::{Base64UrlUnpadded, Encoding};
use supertokens_session::{
    BadSignature, FetchFailure, KeyKind, KeyRejected, PublicKey, SignatureAlgorithm, VerifyingKey,
};

/// A key under a name: the same name may stand for another key in another document.
pub(crate) type NamedKey = (&'static str, Number);

/// The two key pairs there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    One,
    Two,
}

/// What an origin serves with a status of 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    First,
    Both,
    /// The same keys in other bytes.
    BothAnew,
    Second,
    /// The first name, and the second key under it.
    Exchanged,
    /// The first name is there, but its key is for encryption.
    Unusable,
    Empty,
    NothingUsable,
    Garbage,
}

impl Document {
    pub(crate) const ALL: [Self; 9] = [
        Self::First,
        Self::Both,
        Self::BothAnew,
        Self::Second,
        Self::Exchanged,
        Self::Unusable,
        Self::Empty,
        Self::NothingUsable,
        Self::Garbage,
    ];

    /// The usable keys.
    pub(crate) fn keys(self) -> &'static [NamedKey] {
        const ONE: NamedKey = ("d-1", Number::One);
        const TWO: NamedKey = ("d-2", Number::Two);
        match self {
            Self::First => &[ONE],
            Self::Both | Self::BothAnew => &[ONE, TWO],
            Self::Second | Self::Unusable => &[TWO],
            Self::Exchanged => &[("d-1", Number::Two)],
            Self::Empty | Self::NothingUsable | Self::Garbage => &[],
        }
    }

    /// Whether a member that is skipped has this name.
    pub(crate) fn skips(self, kid: &str) -> bool {
        matches!(self, Self::Unusable | Self::NothingUsable) && kid == "d-1"
    }

    /// What is wrong with it as a whole.
    pub(crate) fn flaw(self) -> Option<FetchFailure> {
        match self {
            Self::Garbage => Some(FetchFailure::NotJson),
            _ if self.keys().is_empty() => Some(FetchFailure::NoUsableKey),
            _ => None,
        }
    }

    pub(crate) fn text(self) -> String {
        let unusable = || jwk(("d-1", Number::One)).replace("sig", "enc");
        let mut members: Vec<String> = self.keys().iter().map(|key| jwk(*key)).collect();
        match self {
            Self::Garbage => return "<html>".into(),
            Self::Unusable | Self::NothingUsable => members.push(unusable()),
            Self::BothAnew => members.iter_mut().for_each(|member| member.push(' ')),
            _ => {}
        }
        format!(r#"{{"keys":[{}]}}"#, members.join(","))
    }
}

/// The point of RFC 7515 appendix A.3, and the one with its coordinates exchanged, which is on no
/// curve: this file's row does not look.
fn jwk((kid, number): NamedKey) -> String {
    let one = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    let two = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    let (x, y) = if number == Number::One { (one, two) } else { (two, one) };
    format!(
        r#"{{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"{kid}","x":"{x}","y":"{y}"}}"#
    )
}

/// What a visitor brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    First,
    Second,
    /// Of the key that [`Document::Exchanged`] has under the first name.
    Exchanged,
    Unknown,
    Expired,
    ExpiredUnknown,
}

impl Token {
    pub(crate) const ALL: [Self; 6] = [
        Self::First,
        Self::Second,
        Self::Exchanged,
        Self::Unknown,
        Self::Expired,
        Self::ExpiredUnknown,
    ];

    /// The key it says, and is, signed with.
    pub(crate) fn key(self) -> NamedKey {
        match self {
            Self::First | Self::Expired => ("d-1", Number::One),
            Self::Second => ("d-2", Number::Two),
            Self::Exchanged => ("d-1", Number::Two),
            Self::Unknown | Self::ExpiredUnknown => ("d-0", Number::One),
        }
    }

    pub(crate) fn has_expired(self) -> bool {
        matches!(self, Self::Expired | Self::ExpiredUnknown)
    }

    /// The `Cookie` field that carries it.
    pub(crate) fn cookie(self) -> &'static str {
        static COOKIES: LazyLock<Vec<String>> =
            LazyLock::new(|| Token::ALL.iter().map(|token| token.make()).collect());
        let at = Self::ALL.iter().position(|token| *token == self);
        at.map_or("", |at| &COOKIES[at])
    }

    fn make(self) -> String {
        let (kid, number) = self.key();
        let header = format!(r#"{{"kid":"{kid}","typ":"JWT","version":"5","alg":"ES256"}}"#);
        // Longer than any run: the store's time is what this is about.
        let exp = if self.has_expired() { "1" } else { "9000000000000" };
        let payload = format!(
            r#"{{"iat":0,"exp":{exp},"sub":"u","tId":"public","rsub":"r","sessionHandle":"h",{}}}"#,
            r#""refreshTokenHash1":"a3f1""#
        );
        let [header, payload, signature] = [header.as_bytes(), payload.as_bytes(), &[mark(number)]]
            .map(|bytes| {
                let mut room = vec![0; bytes.len() * 2 + 4];
                Base64UrlUnpadded::encode(bytes, &mut room).unwrap_or_default().to_owned()
            });
        format!("sAccessToken={header}.{payload}.{signature}")
    }
}

/// The first byte of a point's first coordinate, which is this row's signature.
fn mark(number: Number) -> u8 {
    if number == Number::One { 0x7f } else { 0xc7 }
}

/// The row that knows these tokens.
pub(crate) static ROW: &dyn SignatureAlgorithm = &Row;

#[derive(Debug)]
struct Row;

impl SignatureAlgorithm for Row {
    fn alg(&self) -> &'static str {
        "ES256"
    }

    fn key_kind(&self) -> KeyKind {
        KeyKind::P256
    }

    fn prepare(&self, key: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        let PublicKey::P256 { point } = key else { return Err(KeyRejected) };
        Ok(Box::new(Marked(point[1])))
    }
}

#[derive(Debug)]
struct Marked(u8);

impl VerifyingKey for Marked {
    fn verify(&self, _: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        if signature == [self.0] { Ok(()) } else { Err(BadSignature) }
    }
}
