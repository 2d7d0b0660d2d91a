//! Why a decision is what it is: small words, the same in every build, without a byte of the token.
//!
//! This file lies among the leaves because each stage names its own refusals; what a reason *leads
//! to* is said in one place only, [`SessionDecision`](crate::SessionDecision)'s file.

/// Writes an enum of words once: variant, stable name and sentence cannot drift apart.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $enum:ident {
            $( $(#[$doc:meta])* $variant:ident = $name:literal, $sentence:literal; )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $enum {
            $( #[doc = concat!($sentence, ".")] $(#[$doc])* $variant, )*
        }

        impl $enum {
            /// Every one of them, in the order of declaration.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The stable name, for logs and metrics.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }
        }

        impl core::fmt::Display for $enum {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(match self { $( Self::$variant => $sentence, )* })
            }
        }
    };
}

pub(crate) use words;

words! {
    /// Why a request is not (yet) a session.
    ///
    /// Reasons explain; what to *do* is the [`SessionDecision`](crate::SessionDecision) they come
    /// in. Of a token whose signature held speak [`NotYetValid`](Self::NotYetValid),
    /// [`SigningKeyKind`](Self::SigningKeyKind), [`InvalidClaims`](Self::InvalidClaims),
    /// [`TokensDoNotMatch`](Self::TokensDoNotMatch), those that begin with `AntiCsrf`, and those of the
    /// core and of the API behind a page; all else may be the word of whoever sent the request.
    ///
    /// ```
    /// use supertokens_session::Reason;
    ///
    /// assert_eq!(Reason::Expired.name(), "expired");
    /// assert_eq!(Reason::Expired.to_string(), "the access token has expired");
    /// ```
    pub enum Reason {
        // The request.
        NoToken = "no_token", "there is no access token";
        Method = "method", "the method is neither GET nor HEAD and the policy does not name it";
        NotChecked = "not_checked", "the method is OPTIONS or TRACE, which an API does not check";
        CookieHeaderTooLong = "cookie_header_too_long", "the cookie headers are longer than 64 KiB in all";
        TooManyCookies = "too_many_cookies", "there are more than 180 cookies, empty ones counted";
        LegacyCookie = "legacy_cookie", "a cookie of a legacy SDK, sIdRefreshToken, is present";
        MultipleAccessTokens = "multiple_access_tokens", "there is more than one access token cookie";

        // Malformed: not the shape of a session token.
        TokenTooLong = "token_too_long", "the token is longer than 8 KiB";
        SegmentCount = "segment_count", "the token has not three segments";
        HeaderTooLong = "header_too_long", "the header segment is longer than 1 KiB";
        HeaderNotBase64Url = "header_not_base64url", "the header is not canonical base64url";
        HeaderNotUtf8 = "header_not_utf8", "the header is not UTF-8";
        HeaderNotJson = "header_not_json", "the header is not JSON";
        HeaderNotAnObject = "header_not_an_object", "the header is not a JSON object";
        HeaderDuplicateMember = "header_duplicate_member", "the header has two members of one name";
        HeaderTooManyMembers = "header_too_many_members", "the header has more than 64 members";
        HeaderTooComplex = "header_too_complex", "the header has more than 72 marks of structure";
        HeaderTooDeep = "header_too_deep", "the header is nested deeper than 16";
        TokenType = "typ", "typ is not JWT";
        KeyId = "kid", "kid is missing, empty or not a string";
        Version = "version", "version is not a string this crate knows";
        PayloadNotBase64Url = "payload_not_base64url", "the payload is not canonical base64url";
        PayloadNotUtf8 = "payload_not_utf8", "the payload is not UTF-8";
        PayloadNotJson = "payload_not_json", "the payload is not JSON";
        PayloadNotAnObject = "payload_not_an_object", "the payload is not a JSON object";
        PayloadDuplicateMember = "payload_duplicate_member", "the payload has two members of one name";
        PayloadTooManyMembers = "payload_too_many_members", "the payload has more than 256 members";
        PayloadTooComplex = "payload_too_complex", "the payload has more than 288 marks of structure";
        PayloadTooDeep = "payload_too_deep", "a claim is nested deeper than 64";
        WrongTokenType = "wrong_token_type", "stt says that the token is not a session's";
        Sub = "sub", "sub is missing or not a string";
        TenantId = "tenant_id", "tId is missing or not a string";
        RecipeUserId = "recipe_user_id", "rsub is missing or not a string";
        SessionHandle = "session_handle", "sessionHandle is missing or not a string";
        RefreshTokenHash1 = "refresh_token_hash1", "refreshTokenHash1 is missing or not a string";
        ExpiresAt = "exp", "exp is missing or not a number";
        ExpiresAtRange = "exp_out_of_range", "exp does not fit 64-bit milliseconds";
        IssuedAt = "iat", "iat is missing or not a number";

        // Refused by name, before a key is looked for.
        LegacyToken = "legacy_token", "the token is of version 1 or 2";
        AlgorithmNotAllowed = "algorithm_not_allowed", "alg is not one the key may be used with";
        CriticalHeader = "critical_header", "the header has crit or b64";
        SignatureNotBase64Url = "signature_not_base64url", "the signature is not canonical base64url of a possible length";

        // Cross-site request forgery.
        CustomHeaderMissing = "custom_header_missing", "the rid header, which no other site can send, is missing";
        AntiCsrfHeaderMissing = "anti_csrf_header_missing", "the anti-csrf header is missing";
        AntiCsrfTokenMissing = "anti_csrf_token_missing", "the access token has no antiCsrfToken";
        AntiCsrfMismatch = "anti_csrf_mismatch", "the anti-csrf header is not the access token's";

        // Keys.
        UnknownKey = "unknown_key", "the issuer does not have the key";
        KeyUnusable = "key_unusable", "the issuer publishes the key in a form that cannot be used";
        KeysUnavailable = "keys_unavailable", "the issuer's keys could not be fetched";

        // After the signature.
        BadSignature = "bad_signature", "the signature is not the key's";
        NotYetValid = "not_yet_valid", "nbf lies in the future or is not a number";
        Expired = "expired", "the access token has expired";
        SigningKeyKind = "signing_key_kind", "the kind of signing key is not the one the policy names";
        InvalidClaims = "invalid_claims", "the session's claims are not what the policy wants";

        // The core.
        CheckDatabase = "check_database", "the policy wants the core asked";
        FirstUseAfterRefresh = "first_use_after_refresh", "the token is the first after a refresh, which the core is to hear of";
        Revoked = "revoked", "the core does not have the session any more";
        CoreRefused = "core_refused", "the core wants the session refreshed";
        CoreUnavailable = "core_unavailable", "the core could not be asked";
        CoreAnswer = "core_answer", "the core's answer is none that it gives";

        // The front token beside the access token, in auth-react's words.
        FrontTokenNotFound = "front_token_not_found", "the front end has no session";
        FrontTokenInvalid = "front_token_invalid", "the front end's token cannot be read";
        FrontTokenExpired = "front_token_expired", "the front end's token has expired";
        AccessTokenNotFound = "access_token_not_found", "the front end has a session but the request has no access token";
        TokensDoNotMatch = "tokens_do_not_match", "the front end's token has another payload than the access token";

        // The API behind a page.
        ApiRefused = "api_refused", "the API refused the session";
        ApiAnswer = "api_answer", "the API's answer is neither a result nor a refusal";
    }
}

/// What can be wrong with a JSON object that a token or a key set holds, the gravest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Flaw {
    NotUtf8,
    NotJson,
    NotAnObject,
    DuplicateMember,
    TooManyMembers,
    /// More structure than it may have, counted before it is read.
    TooComplex,
    TooDeep,
}

impl Flaw {
    pub(crate) fn in_header(self) -> Reason {
        match self {
            Self::NotUtf8 => Reason::HeaderNotUtf8,
            Self::NotJson => Reason::HeaderNotJson,
            Self::NotAnObject => Reason::HeaderNotAnObject,
            Self::DuplicateMember => Reason::HeaderDuplicateMember,
            Self::TooManyMembers => Reason::HeaderTooManyMembers,
            Self::TooComplex => Reason::HeaderTooComplex,
            Self::TooDeep => Reason::HeaderTooDeep,
        }
    }

    pub(crate) fn in_payload(self) -> Reason {
        match self {
            Self::NotUtf8 => Reason::PayloadNotUtf8,
            Self::NotJson => Reason::PayloadNotJson,
            Self::NotAnObject => Reason::PayloadNotAnObject,
            Self::DuplicateMember => Reason::PayloadDuplicateMember,
            Self::TooManyMembers => Reason::PayloadTooManyMembers,
            Self::TooComplex => Reason::PayloadTooComplex,
            Self::TooDeep => Reason::PayloadTooDeep,
        }
    }
}
