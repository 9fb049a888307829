//! The answer to check: a keyed hash of batch and index that only server and driver can compute.

use std::fmt;
use std::hash::Hasher;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use siphasher::sip::SipHasher24;

/// The secret of one run. The driver makes it and hands it to the server; no worker ever sees it, so a worker that did
/// not fetch and read an answer cannot name its token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenKey([u8; 16]);

/// One answer's token. In JSON it is its 16 hexadecimal digits, because not every language has 64-bit numbers there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// A text that is no key or token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} hexadecimal digits, got {got:?}")]
pub struct HexError {
    expected: usize,
    got: String,
}

impl TokenKey {
    /// A key from 16 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The token of one answer: SipHash-2-4 (Aumasson and Bernstein, 2012) of batch and index under this key.
    #[must_use]
    pub fn token(&self, batch: u64, index: u64) -> Token {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write_u64(batch);
        hasher.write_u64(index);
        Token(hasher.finish())
    }

    /// The word that opens batches on a server with this key. Three words are hashed, so it is no answer's token.
    #[must_use]
    pub fn ledger_word(&self) -> Token {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        (0..3).for_each(|word| hasher.write_u64(word));
        Token(hasher.finish())
    }

    /// The key as 32 hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The key that [`TokenKey::to_hex`] wrote.
    ///
    /// # Errors
    /// Anything but 32 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, HexError> {
        let error = || HexError { expected: 32, got: text.to_owned() };
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(error());
        }
        let value = u128::from_str_radix(text, 16).map_err(|_| error())?;
        Ok(Self(value.to_be_bytes()))
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(secret)")
    }
}

/// How an answer's body ends: `"token":"` 16 digits `"}`. At the end, so that only who read the whole body has it.
const TAIL_PREFIX: &[u8] = b"\"token\":\"";
const TAIL_SUFFIX: &[u8] = b"\"}";
const DIGITS: usize = 16;
/// What follows that ending where the body is HTML: the answer to check is a script's JSON, the last thing on the page.
pub const HTML_END: &[u8] = b"</script></body></html>";
/// Length in bytes of that ending.
pub const TAIL_BYTES: usize = TAIL_PREFIX.len() + DIGITS + TAIL_SUFFIX.len();

impl Token {
    /// The token as 16 hexadecimal digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        format!("{:016x}", self.0)
    }

    /// The token that [`Token::to_hex`] wrote.
    ///
    /// # Errors
    /// Anything but 16 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, HexError> {
        parse_digits(text.as_bytes()).ok_or_else(|| HexError { expected: DIGITS, got: text.to_owned() })
    }

    /// The token at the end of an answer's body, or `None` where the body does not end in one.
    #[must_use]
    pub fn from_body(body: &[u8]) -> Option<Self> {
        let body = body.strip_suffix(HTML_END).unwrap_or(body);
        let tail = body.len().checked_sub(TAIL_BYTES).map(|start| &body[start..])?;
        let digits = tail.strip_prefix(TAIL_PREFIX)?.strip_suffix(TAIL_SUFFIX)?;
        parse_digits(digits)
    }

    /// Appends the ending of an answer's body that carries this token.
    pub fn write_tail(self, body: &mut Vec<u8>) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        body.extend_from_slice(TAIL_PREFIX);
        body.extend((0..DIGITS).rev().map(|digit| HEX[(self.0 >> (4 * digit) & 0xf) as usize]));
        body.extend_from_slice(TAIL_SUFFIX);
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_hex(&text).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Token {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Token".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{16}$" })
    }
}

fn parse_digits(digits: &[u8]) -> Option<Token> {
    let digits: &[u8; DIGITS] = digits.try_into().ok()?;
    let mut value = 0;
    let mut wrong = 0;
    for digit in digits {
        let digit = VALUES[usize::from(*digit)];
        wrong |= digit;
        value = value << 4 | u64::from(digit & 0xf);
    }
    (wrong != NO_DIGIT).then_some(Token(value))
}

/// What [`VALUES`] holds for a byte that is no hexadecimal digit: all bits, so that one such byte shows in a sum of bits.
const NO_DIGIT: u8 = 0xff;

/// The value of each hexadecimal digit. A table, because this is read once a request inside the client's time.
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        values[b"0123456789ABCDEF"[value as usize] as usize] = value;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_by_key_batch_and_index() {
        let key = TokenKey::new([1; 16]);
        assert_eq!(key.token(1, 2), key.token(1, 2));
        assert_ne!(key.token(1, 2), key.token(2, 1));
        assert_ne!(key.token(1, 2), key.token(1, 3));
        assert_ne!(key.token(1, 2), TokenKey::new([2; 16]).token(1, 2));
    }

    #[test]
    fn a_body_gives_back_its_token_only_when_whole() {
        let token = TokenKey::new([7; 16]).token(3, 4);
        let mut body = b"{\"index\":4,".to_vec();
        token.write_tail(&mut body);
        assert_eq!(Token::from_body(&body), Some(token));
        assert_eq!(Token::from_body(&body[..body.len() - 1]), None);
        assert_eq!(Token::from_body(b""), None);
    }

    #[test]
    fn keys_and_tokens_round_trip_as_hex() {
        let key = TokenKey::new([0xab; 16]);
        assert_eq!(TokenKey::from_hex(&key.to_hex()), Ok(key));
        assert!(TokenKey::from_hex("xyz").is_err());
        assert!(TokenKey::from_hex("+1234567890123456789012345678901").is_err());
        let token = Token(0xdead_beef);
        assert_eq!(Token::from_hex(&token.to_hex()), Ok(token));
        assert!(Token::from_hex("").is_err());
    }
}
