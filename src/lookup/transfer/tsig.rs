//! Signs a request for a zone transfer, and checks the signatures of its answer (TSIG, RFC 8945).
//!
//! An own part: the library's needs its whole DNSSEC. The cryptography is ring's, which TLS uses already.

use std::fmt;

use ring::hmac;

use crate::record::{Name, NameError};

/// The number of the type TSIG.
const TSIG: u16 = 250;
/// The class ANY.
const ANY: u16 = 255;
/// Seconds by which the clocks may differ (RFC 8945 §10).
const FUDGE: u16 = 300;
/// Messages between two that are signed, at most (RFC 8945 §5.3.1).
const MOST_UNSIGNED: usize = 99;
/// Octets of the longest key file that is read.
const LONGEST_FILE: usize = 64 * 1024;

/// How a key is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    fn word(self) -> &'static str {
        match self {
            Self::Sha256 => "hmac-sha256",
            Self::Sha384 => "hmac-sha384",
            Self::Sha512 => "hmac-sha512",
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

/// A key that a name server and its clients share.
#[derive(Clone)]
pub struct TsigKey {
    name: Name,
    algorithm: Algorithm,
    key: hmac::Key,
}

impl fmt::Debug for TsigKey {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TsigKey").field("name", &self.name).field("algorithm", &self.algorithm).finish()
    }
}

/// The reason why a key file cannot be used; the secret is never part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TsigKeyError {
    /// Not the form of BIND.
    #[error("expected `key \"NAME\" {{ algorithm hmac-sha256; secret \"BASE64\"; }};`, found {0}")]
    Form(&'static str),
    /// An invalid name.
    #[error("the name of the key: {0}")]
    Name(#[from] NameError),
    /// An algorithm that is not known, or too weak.
    #[error("unknown algorithm `{0}`; expected hmac-sha256, hmac-sha384 or hmac-sha512")]
    Algorithm(String),
    /// A secret that is not Base64.
    #[error("the secret is not Base64")]
    Secret,
}

impl TsigKey {
    /// Reads a key file in the form of BIND, as `tsig-keygen` and `keymgr -t` write it.
    ///
    /// # Errors
    /// [`TsigKeyError`] if it is of another form.
    pub fn parse(text: &str) -> Result<Self, TsigKeyError> {
        if text.len() > LONGEST_FILE {
            return Err(TsigKeyError::Form("a file of more than 64 KiB"));
        }
        let words = words(text)?;
        let mut words = words.iter().map(String::as_str);
        let form = |found| Err(TsigKeyError::Form(found));
        if words.next() != Some("key") {
            return form("no `key` at the beginning");
        }
        let Some(name) = words.next().filter(|name| *name != "{") else { return form("no name of the key") };
        if words.next() != Some("{") {
            return form("no `{` after the name of the key");
        }
        let name: Name = name.trim_end_matches('.').to_ascii_lowercase().parse()?;
        let (mut algorithm, mut secret) = (None, None);
        loop {
            match words.next() {
                Some("}") => break,
                Some("algorithm") => algorithm = words.next(),
                Some("secret") => secret = words.next(),
                Some(_) => return form("a word other than `algorithm`, `secret` and `}`"),
                None => return form("no `}` at the end"),
            }
            if words.next() != Some(";") {
                return form("no `;` after a value");
            }
        }
        match words.next() {
            Some(";") => {}
            _ => return form("no `;` at the end"),
        }
        if words.next().is_some() {
            return form("more than one key");
        }
        let Some(word) = algorithm else { return form("no `algorithm`") };
        let Some(secret) = secret else { return form("no `secret`") };
        let plain = word.trim_end_matches('.').to_ascii_lowercase();
        let algorithm = Algorithm::ALL.into_iter().find(|known| known.word() == plain);
        let algorithm = algorithm.ok_or_else(|| {
            TsigKeyError::Algorithm(plain.chars().filter(|c| !c.is_control()).take(40).collect())
        })?;
        let secret = base64(secret).filter(|secret| !secret.is_empty()).ok_or(TsigKeyError::Secret)?;
        Ok(Self { name, algorithm, key: hmac::Key::new(algorithm.hmac(), &secret) })
    }

    /// Signs a request at this time, in seconds, and gives back its signature.
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

    /// What of a signature is signed besides the message (RFC 8945 §4.3.3).
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

/// Checks the signatures of the messages of one answer, in their order.
pub(super) struct Verifier<'a> {
    key: &'a TsigKey,
    /// The signature of the request, or of the last message that was signed.
    before: Vec<u8>,
    /// The messages since then.
    unsigned: Vec<u8>,
    count: usize,
    is_first: bool,
}

impl<'a> Verifier<'a> {
    /// Before the first message of the answer to a request with this signature.
    pub(super) fn new(key: &'a TsigKey, request: Vec<u8>) -> Self {
        Self { key, before: request, unsigned: Vec::new(), count: 0, is_first: true }
    }

    /// Takes the next message, without its signature if it has one; an error says what is wrong with it.
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

    /// Returns whether everything that was taken is signed; the last message has to be.
    pub(super) fn is_complete(&self) -> bool {
        !self.is_first && self.count == 0
    }
}

/// A signature at the end of a message.
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
    /// The reason why the server refuses the signature of the request; `None` if it does not.
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

/// The reason why a server refuses the signature of a request, according to its answer.
pub(super) fn refusal(packet: &[u8]) -> Option<&'static str> {
    split(packet)??.1.refusal()
}

/// A message without the signature at its end, and that; `Some(None)` without one, `None` if the message is broken.
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

/// Where the name that begins here ends.
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

/// A name that is written out, as that of a signature is (RFC 8945 §4.2).
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

/// A name as it is sent, in lower case.
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

/// A time of 48 bits.
fn time(at: u64) -> [u8; 6] {
    let [_, _, a, b, c, d, e, f] = at.to_be_bytes();
    [a, b, c, d, e, f]
}

fn short(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}

/// The words of a file in the form of BIND, without comments; braces and semicolons are words of their own.
fn words(text: &str) -> Result<Vec<String>, TsigKeyError> {
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return Ok(words) };
        if rest.starts_with("/*") {
            rest = rest.split_once("*/").ok_or(TsigKeyError::Form("an unclosed comment"))?.1;
        } else if rest.starts_with("//") || first == '#' {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let (word, behind) = quoted.split_once('"').ok_or(TsigKeyError::Form("an unclosed quote"))?;
            words.push(word.to_owned());
            rest = behind;
        } else if matches!(first, '{' | '}' | ';') {
            words.push(first.to_string());
            rest = &rest[1..];
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || "{};\"".contains(c)).unwrap_or(rest.len());
            words.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
    }
}

/// The octets of a text in Base64 (RFC 4648 §4).
fn base64(text: &str) -> Option<Vec<u8>> {
    let plain = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - plain.len() > 2 {
        return None;
    }
    let (mut octets, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for octet in plain.bytes() {
        let value = match octet {
            b'A'..=b'Z' => octet - b'A',
            b'a'..=b'z' => octet - b'a' + 26,
            b'0'..=b'9' => octet - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            octets.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn base64_is_read() {
        for (text, octets) in
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar")]
        {
            assert_eq!(base64(text).unwrap(), octets.as_bytes(), "{text}");
        }
        for text in ["Z", "Zg=", "Z===", "Zm9\n", "====", "Zm=v"] {
            assert_eq!(base64(text), None, "{text}");
        }
    }

    fn request() -> Vec<u8> {
        let mut message = vec![0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        message.extend(wire_text("contoso.com"));
        message.extend([0, 252, 0, 1]);
        message
    }

    /// An answer whose messages are signed as a server does it, all or every so many.
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
        // The last one must be signed, none may be left out, changed or in another order.
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
