#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::expect_used,
        clippy::get_unwrap,
        clippy::indexing_slicing,
        clippy::modulo_arithmetic,
        clippy::panic,
        clippy::panic_in_result_fn,
        clippy::string_slice,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_in_result,
        clippy::unwrap_used
    )
)]
#![deny(
    missing_docs,
    clippy::alloc_instead_of_core,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core
)]

extern crate alloc;

// A module uses only what is declared above it; tests/layers.rs holds this.
//
// 0  leaves
mod reason;
mod time;
mod base64url;
mod json;
mod percent;
// 1  bytes → shapes, no opinions
mod cookie;
mod token;
mod header;
mod payload;
// 2  keys and proof
mod signature;
mod weak_key;
mod jwk;
mod key_set;
mod verified;
mod jws;
// 3  opinions
mod session;
mod claim_value;
mod claim_json;
mod claims;
mod proven;
mod invalid_claims;
mod claim_validator;
mod validators;
mod stamped_claim;
mod claim_kinds;
mod built_in_claims;
mod mfa_claim;
mod response;
mod redirect;
mod attempts;
mod token_cookies;
mod core_check;
mod policy;
mod api_policy;
mod key_policy;
mod decision;
mod api_answer;
// 4  machines: read `gate` first
mod answer;
mod back_off;
mod looks;
mod keys;
mod request;
mod front_token;
mod token_cache;
mod pipeline;
mod gate;
mod two_tokens;
mod api;
mod origins;
mod export;
mod fetch;
mod key_status;
mod key_store;
// 5  providers: the only users of cryptography crates
pub mod crypto;

pub use answer::FetchAnswer;
pub use api::ApiRequest;
pub use api_policy::{AntiCsrf, ApiPolicy};
pub use built_in_claims::{
    AllowedDomainsClaim, EmailVerificationClaim, EmailVerificationClaimValidator, PermissionClaim,
    UserRoleClaim,
};
pub use claim_kinds::{
    BooleanClaim, PrimitiveArrayClaim, PrimitiveArrayClaimValidator, PrimitiveClaim,
    PrimitiveClaimValidator,
};
pub use claim_validator::ClaimValidator;
pub use claim_value::ClaimValue;
pub use claims::Claims;
pub use core_check::{AskCore, CoreAnswer};
pub use decision::{ApiDecision, FetchKeys, FetchReason, SessionDecision, Unavailable};
pub use export::ImportError;
pub use fetch::{Fetch, FetchOutcome, FetchReport, NextAction, Ticket};
pub use front_token::{FrontToken, FrontTokenError};
pub use gate::{Gate, Request};
pub use header::TokenVersion;
pub use invalid_claims::{ClaimFailure, ClaimReason, InvalidClaims};
pub use jwk::SkipReason;
pub use key_policy::KeyPolicy;
pub use key_set::{FetchFailure, KeySet, Skipped};
pub use key_status::{FetchCounts, Freshness, KeyStatus};
pub use key_store::KeyStore;
pub use keys::Keys;
pub use mfa_claim::{MfaRequirement, MultiFactorAuthClaim, MultiFactorAuthClaimValidator};
pub use origins::Origins;
pub use policy::{PagePolicy, SigningKeyKind, StatusCodes, TokenTransfer};
pub use reason::Reason;
pub use redirect::{ReturnPath, Routes};
pub use response::Response;
pub use session::{Session, TokenSource};
pub use signature::{
    BadSignature, KeyKind, KeyRejected, PublicKey, SignatureAlgorithm, VerifyingKey,
};
pub use time::UnixMillis;
pub use token_cache::{CacheAccess, TokenCache};
pub use token_cookies::{SameSite, TokenCookies};
