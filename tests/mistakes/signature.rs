//! Signatures that nobody made with the private key, or that stand for more than one text.

use ring::digest::{SHA256, digest};
use supertokens_session::Reason::*;
use supertokens_session::SessionDecision;

use crate::integer::{minus, plus, sized, times};
use crate::pair::Pair;
use crate::support::{PAYLOAD, base64url, decide_token, payload_with, unbase64url};
use crate::{KID, header, keys_of, message, nine, providers, refused, row};

/// The order of P-256 (SEC 2 section 2.4.2).
const N256: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

/// The order of P-384 (SEC 2 section 2.5.1).
const N384: &str = concat!(
    "ffffffffffffffffffffffffffffffffffffffffffffffff",
    "c7634d81f4372ddf581a0db248b0a77aecec196accc52973"
);

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).unwrap());
    digits.map(|two| u8::from_str_radix(two, 16).unwrap()).collect()
}

/// A pair of either curve that JOSE signs with by ECDSA, and its order.
fn ecdsa() -> [(Pair, Vec<u8>); 2] {
    [(Pair::p256(), unhex(N256)), (Pair::p384(), unhex(N384))]
}

/// The text with this signature in the place of its own.
fn with_signature(token: &str, signature: &[u8]) -> String {
    format!("{}.{}", token.rsplit_once('.').unwrap().0, base64url(signature))
}

fn signature_of(token: &str) -> Vec<u8> {
    unbase64url(token.rsplit_once('.').unwrap().1)
}

// 6: signatures of zeros, and of another encoding or length

#[test]
fn no_psychic_signature_holds() {
    for (provider, table) in providers() {
        for (pair, n) in ecdsa() {
            let keys = keys_of(&table, &[pair.jwk("")]);
            let token = pair.session(PAYLOAD);
            assert_eq!(refused(&token, &keys), None, "{provider}");
            let good = signature_of(&token);
            let (r, s) = good.split_at(n.len());
            let number = |value: u8| sized(&[value], n.len());
            let (zero, one, all) = (number(0), number(1), vec![0xff; n.len()]);
            let before = minus(&n, &one);
            let after = plus(&n, &one).unwrap();
            let odd = [&zero, &one, &before, &n, &after, &all];
            let halves = odd.into_iter().flat_map(|r| odd.map(|s| [&r[..], s].concat()));
            let with_good = odd.into_iter().flat_map(|odd| {
                [[odd, s].concat(), [r, odd].concat(), [odd, r].concat(), [s, odd].concat()]
            });
            for signature in halves.chain(with_good) {
                let forged = with_signature(&token, &signature);
                assert_eq!(refused(&forged, &keys), Some(BadSignature), "{provider} {signature:?}");
            }
        }
        let [rsa, .., ed25519] = Pair::each();
        for (pair, length) in [(rsa, 256), (ed25519, 64)] {
            let keys = keys_of(&table, &[pair.jwk("")]);
            let token = pair.session(PAYLOAD);
            for signature in [vec![0; length], sized(&[1], length), vec![0xff; length]] {
                let forged = with_signature(&token, &signature);
                assert_eq!(refused(&forged, &keys), Some(BadSignature), "{provider}");
            }
        }
    }
}

/// A number in DER: no zero byte too many, one where the first bit is set.
fn der_integer(number: &[u8]) -> Vec<u8> {
    let digits = sized(number, number.len());
    let digits: Vec<u8> = digits.into_iter().skip_while(|byte| *byte == 0).collect();
    let sign = &[0][..usize::from(digits[0] >> 7)];
    let length = u8::try_from(sign.len() + digits.len()).unwrap();
    [&[2, length], sign, &digits].concat()
}

#[test]
fn a_signature_of_another_encoding_or_length_does_not_hold() {
    for (provider, table) in providers() {
        for pair in Pair::each() {
            let keys = keys_of(&table, &[pair.jwk("")]);
            let token = pair.session(PAYLOAD);
            assert_eq!(refused(&token, &keys), None, "{provider}");
            let good = signature_of(&token);
            let (r, s) = good.split_at(good.len() / 2);
            let numbers = [der_integer(r), der_integer(s)].concat();
            let mut others = vec![
                Vec::new(),
                r.to_vec(),
                good[1..].to_vec(),
                good[..good.len() - 1].to_vec(),
                [&[0], &good[..]].concat(),
                [&good[..], &[0]].concat(),
                [&good[..], &good[..]].concat(),
                // Each half with a zero byte before it, as a wider curve has.
                [&[0], r, &[0], s].concat(),
                [s, r].concat(),
            ];
            // What TLS and X.509 have for ECDSA (RFC 3279 section 2.2.3), and JOSE has not.
            if numbers.len() < 128 {
                let length = u8::try_from(numbers.len()).unwrap();
                others.push([&[0x30, length], &numbers[..]].concat());
                others.push([&[0x30, 0x81, length], &numbers[..]].concat());
            }
            for signature in others {
                let forged = with_signature(&token, &signature);
                assert_eq!(refused(&forged, &keys), Some(BadSignature), "{provider} {signature:?}");
            }
        }
    }
}

// 14: what was accepted once

#[test]
fn a_payload_that_was_accepted_is_not_accepted_with_another_signature() {
    for (issuer, attacker) in Pair::each_with_attacker() {
        let keys = keys_of(&nine(), &[issuer.jwk("")]);
        let token = issuer.session(PAYLOAD);
        let of_another = signature_of(&issuer.session(&payload_with("sub", r#""user-2""#)));
        let mut flipped = signature_of(&token);
        *flipped.last_mut().unwrap() ^= 1;
        let forgeries = [
            with_signature(&token, &of_another),
            with_signature(&token, &flipped),
            with_signature(&token, &[]),
            attacker.session(PAYLOAD),
        ];
        for _ in 0..2 {
            assert_eq!(refused(&token, &keys), None);
            for forged in &forgeries {
                assert_eq!(refused(forged, &keys), Some(BadSignature));
            }
        }
        // Nor is the accepted text accepted once its key is another or gone.
        assert_eq!(refused(&token, &keys_of(&nine(), &[attacker.jwk("")])), Some(BadSignature));
        assert_eq!(refused(&token, &keys_of(&nine(), &[])), Some(UnknownKey));
    }
}

// 15: several spellings in base64

/// This base64url text with the bits set that stand for no byte; none if there are no such bits.
fn stray_spellings(text: &str) -> Vec<String> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let free = match text.len() % 4 {
        2 => 16,
        3 => 4,
        _ => 1,
    };
    let (start, last) = text.split_at(text.len() - 1);
    let value = ALPHABET.iter().position(|byte| *byte == last.as_bytes()[0]).unwrap();
    assert_eq!(value % free, 0);
    (1..free).map(|bits| format!("{start}{}", char::from(ALPHABET[value + bits]))).collect()
}

/// Truly signed: over the odd spelling.
#[test]
fn a_segment_has_one_spelling_even_where_another_is_signed() {
    for pair in Pair::each() {
        let keys = keys_of(&nine(), &[pair.jwk("")]);
        let mut strays = [0; 3];
        // A space more or less moves the end through all three remainders.
        for spaces in 0..3 {
            let space = " ".repeat(spaces);
            let header = base64url((header(&format!("\"{}\"", pair.alg())) + &space).as_bytes());
            let payload = base64url((PAYLOAD.to_owned() + &space).as_bytes());
            let token = pair.signed(&format!("{header}.{payload}"));
            assert_eq!(refused(&token, &keys), None);
            let (message, signature) = token.rsplit_once('.').unwrap();
            let mut check = |part: usize, spellings: Vec<String>, reason| {
                strays[part] += spellings.len();
                for text in spellings {
                    assert_eq!(refused(&text, &keys), Some(reason), "{text}");
                }
            };
            let more = ["=", "==", "\n", "\r\n", "+", "/", "%3D"];
            let spellings = |segment: &str| {
                let ended = more.map(|more| format!("{segment}{more}"));
                stray_spellings(segment).into_iter().chain(ended).collect::<Vec<_>>()
            };
            let headers =
                spellings(&header).into_iter().map(|h| pair.signed(&format!("{h}.{payload}")));
            check(0, headers.collect(), HeaderNotBase64Url);
            let payloads =
                spellings(&payload).into_iter().map(|p| pair.signed(&format!("{header}.{p}")));
            check(1, payloads.collect(), PayloadNotBase64Url);
            let signatures = spellings(signature).into_iter().map(|s| format!("{message}.{s}"));
            // White space at the end of a cookie is not the token's: see the next line.
            check(2, signatures.collect(), SignatureNotBase64Url);
        }
        assert_eq!(strays[..2], [15 + 3 + 3 * 7; 2]);
        // 256 and 64 bytes leave four bits over, 96 leave none.
        let of_signature = if matches!(pair, Pair::P384(_)) { 0 } else { 3 * 15 };
        assert_eq!(strays[2], of_signature + 3 * 7);
    }
}

// 16: several signatures of one message

/// ECDSA: where (r, s) holds, so does (r, n - s), and whoever has a token can write it the other
/// way. So the text of a token, unlike its claims, is no name for it: a list of revoked tokens must
/// go by the session's handle. Nothing here goes by the text.
#[test]
fn an_ecdsa_token_has_two_texts_and_they_are_one_user_s() {
    for (provider, table) in providers() {
        for (pair, n) in ecdsa() {
            let keys = keys_of(&table, &[pair.jwk("")]);
            let token = pair.session(PAYLOAD);
            let signature = signature_of(&token);
            let (r, s) = signature.split_at(n.len());
            let other = with_signature(&token, &[r, &minus(&n, s)].concat());
            assert_ne!(token, other);
            let user = |text: &str| match decide_token(text, &keys) {
                SessionDecision::Authenticated(session) => session.session_handle().to_owned(),
                decision => panic!("{provider}: {decision:?}"),
            };
            assert_eq!(user(&token), user(&other));
        }
    }
}

#[test]
fn of_the_others_there_is_no_second_signature_to_make() {
    // The order of Ed25519's base point (RFC 8032 section 5.1), of which S is a remainder.
    const L: &str = "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed";
    let [rsa, .., ed25519] = Pair::each();
    let Pair::Rsa(pair) = &rsa else { unreachable!() };
    let n = ring::signature::RsaPublicKeyComponents::<Vec<u8>>::from(pair.public()).n;
    // One whose sum with the modulus still has its length; not every signature has.
    let (below, above) = (0..)
        .find_map(|sub| {
            let token = rsa.session(&payload_with("sub", &format!("\"user-{sub}\"")));
            let above = plus(&signature_of(&token), &n)?;
            Some((token, above))
        })
        .unwrap();
    for (provider, table) in providers() {
        let keys = keys_of(&table, &[rsa.jwk("")]);
        assert_eq!(refused(&below, &keys), None, "{provider}");
        let above = with_signature(&below, &above);
        assert_eq!(refused(&above, &keys), Some(BadSignature), "{provider}");

        let keys = keys_of(&table, &[ed25519.jwk("")]);
        let token = ed25519.session(PAYLOAD);
        assert_eq!(refused(&token, &keys), None, "{provider}");
        let signature = signature_of(&token);
        let (r, s) = signature.split_at(32);
        // S is little-endian.
        let mut s: Vec<u8> = s.iter().rev().copied().collect();
        for _ in 0..7 {
            s = plus(&s, &unhex(L)).unwrap();
            let little_endian: Vec<u8> = s.iter().rev().copied().collect();
            let other = with_signature(&token, &[r, &little_endian].concat());
            assert_eq!(refused(&other, &keys), Some(BadSignature), "{provider}");
        }
    }
}

// 18: lax padding

/// A modulus under which, by exponent 3, `root` is the signature that decrypts to `block`: none of
/// it needs a private key, for it is the modulus that is made to fit. The cube of the root has 2048
/// bits, so has the cube less the block, which is the modulus.
fn modulus_that_opens_to(block: &[u8; 256]) -> (Vec<u8>, Vec<u8>) {
    let mut root = [0x11; 86];
    root[0] = 6;
    // An odd number less an even one, or an even number less an odd one, is odd.
    root[85] = 0x11 ^ (block[255] % 2);
    let cube = sized(&times(&times(&root, &root), &root), 256);
    let n = minus(&cube, block);
    assert_eq!((n[0] >> 7, n[255] % 2), (1, 1));
    (n, sized(&root, 256))
}

/// A block of 256 bytes: what stands before and after, and 0xff as often as there is room.
fn block(before: &[u8], after: &[u8]) -> [u8; 256] {
    let room = 256 - before.len() - after.len();
    [before, &vec![0xff; room], after].concat().try_into().unwrap()
}

/// An RSA key of exponent 3 whose owner signed exactly this block: the JWK and the token.
fn jwk_and_token(message: &str, block: &[u8; 256]) -> (String, String) {
    let (n, signature) = modulus_that_opens_to(block);
    let jwk = format!(r#"{{"kid":"{KID}","kty":"RSA","n":"{}","e":"Aw"}}"#, base64url(&n));
    (jwk, format!("{message}.{}", base64url(&signature)))
}

/// `DigestInfo` of SHA-256 up to the digest (RFC 8017 section 9.2, note 1).
const SHA256_INFO: &[u8] =
    b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";

#[test]
fn a_signature_under_exponent_3_holds() {
    let message = message(&header(r#""RS256""#), PAYLOAD);
    let hash = digest(&SHA256, message.as_bytes());
    let good = block(&[0, 1], &[&[0], SHA256_INFO, hash.as_ref()].concat());
    for (provider, table) in providers() {
        let (jwk, token) = jwk_and_token(&message, &good);
        assert_eq!(refused(&token, &keys_of(&[row(&table, "RS256")], &[jwk])), None, "{provider}");
    }
}

/// Bleichenbacher's forgery of 2006 and its kin: the digest is right, what stands around it is not.
#[test]
fn only_the_one_padding_of_a_digest_is_a_signature() {
    let message = message(&header(r#""RS256""#), PAYLOAD);
    let hash = digest(&SHA256, message.as_bytes());
    let hash = hash.as_ref();
    let info = |info: &[u8]| [&[0], info, hash].concat();
    let usual = [&[0], SHA256_INFO, hash].concat();
    let good = block(&[0, 1], &usual);
    let changed = |at: usize, byte: u8| {
        let mut changed = good;
        assert_ne!(changed[at], byte);
        changed[at] = byte;
        changed
    };
    // Eight bytes of padding, and the room that is left after the digest.
    let garbage = |byte: u8| {
        let begin = [&[0, 1], &[0xff; 8][..], &usual].concat();
        let rest = vec![byte; 256 - begin.len()];
        <[u8; 256]>::try_from([begin, rest].concat()).unwrap()
    };
    let in_parameters = {
        // NULL with content: 30 82 .. 30 82 .. OID 05 82 .. <garbage> 04 20 <digest>.
        let oid = &SHA256_INFO[4..15];
        let long = |tag: u8, length: usize| {
            let [.., high, low] = length.to_be_bytes();
            [tag, 0x82, high, low]
        };
        let room = 256 - (2 + 8 + 1 + 4 + 4 + oid.len() + 4 + 2 + 32);
        let algorithm = oid.len() + 4 + room;
        let whole = 4 + algorithm + 2 + 32;
        [
            &[0, 1],
            &[0xff; 8][..],
            &[0],
            &long(0x30, whole),
            &long(0x30, algorithm),
            oid,
            &long(0x05, room),
            &vec![0xaa; room],
            &[0x04, 0x20],
            hash,
        ]
        .concat()
        .try_into()
        .unwrap()
    };
    let no_parameters = b"\x30\x2f\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x04\x20";
    let long_length =
        b"\x30\x81\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
    let long_inner =
        b"\x30\x32\x30\x81\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
    let endless = [b"\x30\x80", &SHA256_INFO[2..]].concat();
    let sha384 = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x20";
    let sha1 = b"\x30\x2d\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x20";
    let odd: Vec<(&str, [u8; 256])> = vec![
        ("zeros after the digest", garbage(0)),
        ("ones after the digest", garbage(0xff)),
        ("the digest moved by a byte", block(&[0, 1], &[&usual[..], &[0]].concat())),
        ("garbage in the parameters", in_parameters),
        ("no parameters", block(&[0, 1], &info(no_parameters))),
        ("a length in two bytes", block(&[0, 1], &info(long_length))),
        ("an inner length in two bytes", block(&[0, 1], &info(long_inner))),
        ("an indefinite length", block(&[0, 1], &info(&endless))),
        ("SHA-384's name", block(&[0, 1], &info(sha384))),
        ("SHA-1's name", block(&[0, 1], &info(sha1))),
        ("no name", block(&[0, 1], &[&[0], hash].concat())),
        ("the digest alone", block(&[0, 1], hash)),
        ("half a digest", block(&[0, 1], &[&[0], SHA256_INFO, &hash[..16]].concat())),
        ("the digest twice", block(&[0, 1], &[&usual[..], hash].concat())),
        ("the padding of zeros", {
            let mut zeros = good;
            zeros[2..256 - usual.len()].fill(0);
            zeros
        }),
        ("block type 0", changed(1, 0)),
        ("block type 2", changed(1, 2)),
        ("no zero at first", changed(0, 1)),
        ("another first byte of padding", changed(2, 0xfe)),
        ("another last byte of padding", changed(255 - usual.len(), 0x7f)),
        ("a zero in the padding", changed(20, 0)),
        ("no zero after the padding", changed(256 - usual.len(), 1)),
        ("another bit of the digest", changed(255, good[255] ^ 1)),
    ];
    for (provider, table) in providers() {
        let table = [row(&table, "RS256")];
        for (note, block) in &odd {
            let (jwk, token) = jwk_and_token(&message, block);
            let keys = keys_of(&table, &[jwk]);
            assert_eq!(refused(&token, &keys), Some(BadSignature), "{provider}: {note}");
        }
    }
}
