//! Signs a request for a zone transfer, and checks the signatures of its answer (TSIG, RFC 8945).
//!
//! Implemented here because the library's version requires its whole DNSSEC support. The cryptography is that of ring,
//! which TLS already uses.

mod key;

use ring::hmac;

use crate::record::Name;

pub use key::{TsigKey, TsigKeyError};

/// The number of the type TSIG.
const TSIG: u16 = 250;
/// The class ANY.
const ANY: u16 = 255;
/// The allowed difference between the clocks, in seconds (RFC 8945 §10).
const FUDGE: u16 = 300;
/// The highest number of unsigned messages between two signed ones (RFC 8945 §5.3.1).
const MOST_UNSIGNED: usize = 99;

impl TsigKey {
    /// Signs a request at this time, in seconds since 1970, and returns its signature.
    pub(super) fn sign(&self, message: &mut Vec<u8>, now: u64) -> Vec<u8> {
        let mut data = message.clone();
        data.extend(self.variables(now, FUDGE, 0, &[]));
        let mac = hmac::sign(&self.key, &data).as_ref().to_vec();
        let id = message.get(..2).map(<[u8]>::to_vec).unwrap_or_default();
        message.extend(wire(&self.name));
        message.extend([TSIG.to_be_bytes(), ANY.to_be_bytes()].concat());
        message.extend(0_u32.to_be_bytes());
        let mut rdata = wire_text(self.algorithm.word());
        rdata.extend(time(now));
        rdata.extend(FUDGE.to_be_bytes());
        rdata.extend(short(mac.len()));
        rdata.extend(&mac);
        rdata.extend(id);
        rdata.extend([0; 4]);
        message.extend(short(rdata.len()));
        message.extend(rdata);
        if let Some(count) = message.get_mut(10..12) {
            count.copy_from_slice(&1_u16.to_be_bytes());
        }
        mac
    }

    /// Returns the fields of a signature that are signed in addition to the message (RFC 8945 §4.3.3).
    fn variables(&self, at: u64, fudge: u16, error: u16, other: &[u8]) -> Vec<u8> {
        let mut variables = wire(&self.name);
        variables.extend(ANY.to_be_bytes());
        variables.extend(0_u32.to_be_bytes());
        variables.extend(wire_text(self.algorithm.word()));
        variables.extend(time(at));
        variables.extend(fudge.to_be_bytes());
        variables.extend(error.to_be_bytes());
        variables.extend(short(other.len()));
        variables.extend(other);
        variables
    }
}

/// Verifies the signatures of the messages of one answer, in order.
pub(super) struct Verifier<'a> {
    key: &'a TsigKey,
    /// The signature of the request, or of the last signed message.
    before: Vec<u8>,
    /// The unsigned messages since then.
    unsigned: Vec<u8>,
    count: usize,
    is_first: bool,
}

impl<'a> Verifier<'a> {
    /// Returns a verifier at the beginning of the answer to a request with this signature.
    pub(super) fn new(key: &'a TsigKey, request: Vec<u8>) -> Self {
        Self { key, before: request, unsigned: Vec::new(), count: 0, is_first: true }
    }

    /// Takes the next message and returns it without its signature, if it has one; the error names the problem.
    pub(super) fn take(&mut self, packet: &[u8], now: u64) -> Result<Vec<u8>, &'static str> {
        let Some((message, signature)) = split(packet).ok_or("the message cannot be read")? else {
            self.count += 1;
            if self.is_first || self.count > MOST_UNSIGNED {
                return Err("the response is not signed with the key");
            }
            self.unsigned.extend(packet);
            return Ok(packet.to_vec());
        };
        if signature.name != self.key.name || signature.algorithm != wire_text(self.key.algorithm.word()) {
            return Err("the response is signed with another key");
        }
        if let Some(reason) = signature.refusal() {
            return Err(reason);
        }
        let mut data = short(self.before.len()).to_vec();
        data.extend(&self.before);
        data.extend(&self.unsigned);
        data.extend(&message);
        match self.is_first {
            true => data.extend(self.key.variables(signature.at, signature.fudge, 0, &signature.other)),
            false => {
                data.extend(time(signature.at));
                data.extend(signature.fudge.to_be_bytes());
            }
        }
        hmac::verify(&self.key.key, &data, &signature.mac)
            .map_err(|_| "the signature of the response is wrong")?;
        if now.abs_diff(signature.at) > u64::from(signature.fudge) {
            return Err("the clocks of the server and of this machine differ");
        }
        (self.before, self.is_first, self.count) = (signature.mac, false, 0);
        self.unsigned.clear();
        Ok(message)
    }

    /// Returns whether everything taken is signed; the last message must be.
    pub(super) fn is_complete(&self) -> bool {
        !self.is_first && self.count == 0
    }
}

/// The signature at the end of a message.
struct Signature {
    name: Name,
    algorithm: Vec<u8>,
    at: u64,
    fudge: u16,
    mac: Vec<u8>,
    error: u16,
    other: Vec<u8>,
}

impl Signature {
    /// Returns the reason why the server refuses the signature of the request; `None` if it accepts it.
    fn refusal(&self) -> Option<&'static str> {
        match self.error {
            0 => None,
            16 => Some("it says that the signature is wrong (BADSIG): check the secret"),
            17 => Some("it does not know the key (BADKEY): check its name and algorithm"),
            18 => Some("its clock and that of this machine differ (BADTIME)"),
            _ => Some("it refuses the signature"),
        }
    }
}

/// Returns the reason why a server refuses the signature of a request, according to its answer.
pub(super) fn refusal(packet: &[u8]) -> Option<&'static str> {
    split(packet)??.1.refusal()
}

/// Splits a message from the signature at its end; `Some(None)` without a signature, `None` if the message is
/// malformed.
fn split(packet: &[u8]) -> Option<Option<(Vec<u8>, Signature)>> {
    let count = |at: usize| packet.get(at..at + 2).map(|two| u16::from_be_bytes([two[0], two[1]]));
    let (questions, answers, authorities, additionals) = (count(4)?, count(6)?, count(8)?, count(10)?);
    let mut at = 12;
    for _ in 0..questions {
        at = name_end(packet, at)? + 4;
    }
    let records = u32::from(answers) + u32::from(authorities) + u32::from(additionals);
    let mut last = None;
    for _ in 0..records {
        let start = at;
        let end = name_end(packet, at)?;
        let length = usize::from(count(end + 8)?);
        at = end + 10 + length;
        packet.get(..at)?;
        last = Some((start, end, length));
    }
    let Some((start, end, length)) = last.filter(|(_, end, _)| additionals > 0 && count(*end) == Some(TSIG))
    else {
        return Some(None);
    };
    let rdata = packet.get(end + 10..end + 10 + length)?;
    let algorithm_end = name_end(rdata, 0)?;
    let field = |from: usize, to: usize| rdata.get(algorithm_end + from..algorithm_end + to);
    let two = |from: usize| field(from, from + 2).map(|two| u16::from_be_bytes([two[0], two[1]]));
    let at = field(0, 6)?.iter().fold(0, |at, octet| at << 8 | u64::from(*octet));
    let size = usize::from(two(8)?);
    let other = usize::from(two(14 + size)?);
    let signature = Signature {
        name: plain_name(packet.get(start..end)?)?,
        algorithm: rdata.get(..algorithm_end)?.to_ascii_lowercase(),
        at,
        fudge: two(6)?,
        mac: field(10, 10 + size)?.to_vec(),
        error: two(12 + size)?,
        other: field(16 + size, 16 + size + other)?.to_vec(),
    };
    let mut message = packet.get(..start)?.to_vec();
    message.get_mut(10..12)?.copy_from_slice(&(additionals - 1).to_be_bytes());
    // The id that was signed (RFC 8945 §5.3).
    message.get_mut(..2)?.copy_from_slice(field(10 + size, 12 + size)?);
    Some(Some((message, signature)))
}

/// Returns the offset after the name that begins here.
fn name_end(packet: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *packet.get(at)? {
            0 => return Some(at + 1),
            length @ 1..=63 => at += 1 + usize::from(length),
            0xc0.. => return packet.get(at + 1).map(|_| at + 2),
            64..=0xbf => return None,
        }
    }
}

/// Returns an uncompressed name, as names in signatures are (RFC 8945 §4.2).
fn plain_name(mut wire: &[u8]) -> Option<Name> {
    let mut labels = Vec::new();
    loop {
        let (length, rest) = wire.split_first()?;
        match usize::from(*length) {
            0 => return Name::from_labels(labels).ok(),
            length @ 1..=63 => {
                let (label, rest) = rest.split_at_checked(length)?;
                labels.push(label);
                wire = rest;
            }
            _ => return None,
        }
    }
}

/// Returns a name in wire form, in lower case.
pub(super) fn wire(name: &Name) -> Vec<u8> {
    let mut wire = Vec::new();
    for label in name.labels() {
        wire.push(u8::try_from(label.len()).unwrap_or(63));
        wire.extend(label.to_ascii_lowercase());
    }
    wire.push(0);
    wire
}

fn wire_text(name: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    for label in name.split('.') {
        wire.push(u8::try_from(label.len()).unwrap_or(63));
        wire.extend(label.bytes());
    }
    wire.push(0);
    wire
}

/// Returns a time as a 48-bit number.
fn time(at: u64) -> [u8; 6] {
    let [_, _, a, b, c, d, e, f] = at.to_be_bytes();
    [a, b, c, d, e, f]
}

fn short(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::key::Algorithm;
    use super::*;

    const FILE: &str = "// made by tsig-keygen\nkey \"Transfer.example.\" {\n\talgorithm hmac-sha256; # strong\n\t\
                        secret \"c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ==\";\n};\n";

    #[test]
    fn key_files_are_read_as_bind_writes_them() {
        let key = TsigKey::parse(FILE).unwrap();
        assert_eq!((key.name.to_string().as_str(), key.algorithm), ("transfer.example.", Algorithm::Sha256));
        assert!(!format!("{key:?}").contains("c2Vj"));
        let one_line = "key k{algorithm HMAC-SHA512.;secret c2VjcmV0;};";
        assert_eq!(TsigKey::parse(one_line).unwrap().algorithm, Algorithm::Sha512);
        for (broken, expected) in [
            ("", "no `key`"),
            ("key { };", "no name"),
            ("key k { algorithm hmac-md5; secret c2VjcmV0; };", "unknown algorithm `hmac-md5`"),
            ("key k { algorithm hmac-sha256; secret c2VjcmV0%; };", "not Base64"),
            ("key k { algorithm hmac-sha256; secret c2VjcmV0IQ; };", "not Base64"),
            ("key k { algorithm hmac-sha256; secret \"\"; };", "not Base64"),
            ("key k { algorithm hmac-sha256; };", "no `secret`"),
            ("key k { secret c2VjcmV0; };", "no `algorithm`"),
            ("key k { algorithm hmac-sha256 secret c2VjcmV0; };", "no `;`"),
            ("key k { algorithm hmac-sha256; secret c2VjcmV0; }", "no `;` at the end"),
            ("key k { algorithm hmac-sha256; secret c2VjcmV0; }; key l {};", "more than one key"),
            ("key \"k { algorithm", "quote"),
            ("/* key", "comment"),
            ("key k { zone x; };", "other than"),
            ("key a..b { algorithm hmac-sha256; secret c2VjcmV0; };", "name of the key"),
        ] {
            let error = TsigKey::parse(broken).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("c2Vj"), "{broken}: {error}");
        }
    }

    fn request() -> Vec<u8> {
        let mut message = vec![0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        message.extend(wire_text("contoso.com"));
        message.extend([0, 252, 0, 1]);
        message
    }

    /// Returns an answer whose messages are signed as a server does it: all of them, or one in `every`.
    fn answer(key: &TsigKey, request: &[u8], every: usize, count: usize) -> Vec<Vec<u8>> {
        let (mut before, mut since, mut is_first) = (request.to_vec(), Vec::<u8>::new(), true);
        let mut messages = Vec::new();
        for number in 0..count {
            let mut message = self::request();
            message[2] = 0x80;
            message[3] = u8::try_from(number % 100).unwrap();
            since.extend(&message);
            if number % every != 0 && number + 1 != count {
                messages.push(message);
                continue;
            }
            let mut data = short(before.len()).to_vec();
            data.extend(&before);
            data.extend(&since);
            match is_first {
                true => data.extend(key.variables(1000, FUDGE, 0, &[])),
                false => data.extend([&time(1000)[..], &FUDGE.to_be_bytes()].concat()),
            }
            before = hmac::sign(&key.key, &data).as_ref().to_vec();
            is_first = false;
            since.clear();
            let start = message.len();
            key.sign(&mut message, 1000);
            let mac = start + wire(&key.name).len() + 10 + wire_text(key.algorithm.word()).len() + 10;
            message[mac..mac + before.len()].copy_from_slice(&before);
            messages.push(message);
        }
        messages
    }

    #[test]
    fn signatures_of_several_messages_hang_together() {
        let key = TsigKey::parse(FILE).unwrap();
        let mut signed = request();
        let mac = key.sign(&mut signed, 1000);
        assert!(split(&signed).unwrap().is_some() && split(&request()).unwrap().is_none());
        for (every, count) in [(1, 1), (1, 5), (3, 10), (100, 199)] {
            let mut verifier = Verifier::new(&key, mac.clone());
            for message in answer(&key, &mac, every, count) {
                let plain = verifier.take(&message, 1100).unwrap();
                assert_eq!(plain.len(), request().len());
            }
            assert!(verifier.is_complete());
        }
        let verified = |messages: &[Vec<u8>], now: u64| -> Result<bool, &'static str> {
            let mut verifier = Verifier::new(&key, mac.clone());
            for message in messages {
                verifier.take(message, now)?;
            }
            Ok(verifier.is_complete())
        };
        let good = answer(&key, &mac, 2, 5);
        assert_eq!(verified(&good, 1000), Ok(true));
        assert_eq!(verified(&good, 2000), Err("the clocks of the server and of this machine differ"));
        // The last message must be signed, and none may be missing, changed or out of order.
        assert_eq!(verified(&good[..2], 1000), Ok(false));
        assert!(verified(&good[1..], 1000).is_err());
        assert!(verified(&[good[0].clone(), good[2].clone()], 1000).is_err());
        for at in [3, 20, 60, 80] {
            let mut changed = good.clone();
            changed[4][at] ^= 1;
            assert!(verified(&changed, 1000).is_err(), "{at}");
        }
        assert!(verified(&answer(&key, &mac, 200, 150), 1000).is_err());
        let other = TsigKey::parse(&FILE.replace("c2Vj", "c2Vk")).unwrap();
        assert!(verified(&answer(&other, &mac, 1, 1), 1000).is_err());
    }

    #[test]
    fn broken_messages_are_no_harm() {
        let key = TsigKey::parse(FILE).unwrap();
        let mut signed = request();
        key.sign(&mut signed, 1000);
        for length in 0..signed.len() {
            let _ = split(&signed[..length]);
        }
        for at in 0..signed.len() {
            for octet in [0, 1, 0x3f, 0x7f, 0xc0, 0xff] {
                let mut changed = signed.clone();
                changed[at] = octet;
                let _ = split(&changed);
                let _ = Verifier::new(&key, Vec::new()).take(&changed, 1000);
            }
        }
    }
}
