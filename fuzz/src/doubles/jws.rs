//! A compact JWS under a key set, as on paper.

use supertokens_session::Reason;

use super::{json, null, token};

/// The payload, or the reasons that could be meant.
pub fn verify(jws: &[u8], keys: &token::Keys) -> Result<Vec<u8>, Vec<Reason>> {
    use Reason as R;
    if jws.len() > 8192 {
        return Err(vec![R::TokenTooLong]);
    }
    let segments: Vec<&[u8]> = jws.split(|byte| *byte == b'.').collect();
    let &[header, payload, signature] = segments.as_slice() else {
        return Err(vec![R::SegmentCount]);
    };
    if token::is_legacy(jws) {
        return Err(vec![R::LegacyToken]);
    }
    if header.len() > 1024 {
        return Err(vec![R::HeaderTooLong]);
    }
    let message = [header, payload].join(&b'.');
    let header = token::decode(header).ok_or_else(|| vec![R::HeaderNotBase64Url])?;
    let header = json::strict(&header, json::HEADER).ok_or_else(|| {
        vec![
            R::HeaderNotUtf8,
            R::HeaderNotJson,
            R::HeaderNotAnObject,
            R::HeaderDuplicateMember,
            R::HeaderTooComplex,
            R::HeaderTooDeep,
            R::HeaderTooManyMembers,
        ]
    })?;
    let kid = header["kid"].as_str().filter(|kid| !kid.is_empty());
    let kid = kid.ok_or_else(|| vec![R::KeyId])?;
    let payload = token::decode(payload).ok_or_else(|| vec![R::PayloadNotBase64Url])?;
    if header.get("crit").is_some() || header.get("b64").is_some() {
        return Err(vec![R::CriticalHeader]);
    }
    if header["alg"] != "RS256" {
        return Err(vec![R::AlgorithmNotAllowed]);
    }
    let signature = token::decode(signature).filter(|bytes| bytes.len() <= 1024);
    let signature = signature.ok_or_else(|| vec![R::SignatureNotBase64Url])?;
    let key = keys.iter().find(|(this, _)| this == kid);
    let (_, n) = key.ok_or_else(|| vec![R::UnknownKey])?;
    if signature != null::sign(n, &message) {
        return Err(vec![R::BadSignature]);
    }
    Ok(payload)
}
