//! Answers whole, in pieces, with more behind them, and what is none.

use super::*;

const HELLO: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length: 5\r\nSERVER-TIMING:  hold;dur=0.5 \r\n\r\nhello";

fn error(bytes: &[u8]) -> ResponseError {
    Partial::default().absorb(bytes).unwrap_err()
}

fn check_hello(answer: &Answer<'_>) {
    assert_eq!((answer.status, answer.body), (200, &b"hello"[..]));
    assert_eq!(answer.server_timing, Some(&b"hold;dur=0.5"[..]));
}

#[test]
fn an_answer_is_the_same_in_any_two_pieces() {
    for cut in 0..=HELLO.len() {
        let mut partial = Partial::default();
        for piece in [&HELLO[..cut], &HELLO[cut..]] {
            match partial.absorb(piece).unwrap() {
                Some(answer) => {
                    check_hello(&answer);
                    assert!(answer.reusable);
                }
                None => assert!(piece.len() < HELLO.len(), "cut at {cut}"),
            }
        }
    }
}

#[test]
fn an_answer_is_the_same_byte_by_byte_and_again_after_a_reset() {
    let mut partial = Partial::default();
    for _ in 0..2 {
        for (at, byte) in HELLO.iter().enumerate() {
            let answer = partial.absorb(std::slice::from_ref(byte)).unwrap();
            assert_eq!(answer.is_some(), at + 1 == HELLO.len());
            answer.iter().for_each(check_hello);
        }
        partial.reset();
        assert!(partial.is_empty());
        assert_eq!(partial.bytes.capacity(), 0);
    }
}

#[test]
fn bytes_behind_an_answer_end_its_connection() {
    let mut two = HELLO.to_vec();
    two.extend_from_slice(HELLO);
    for cut in HELLO.len() - 1..=HELLO.len() {
        let mut partial = Partial::default();
        let first = partial.absorb(&two[..cut]).unwrap().map(|answer| answer.reusable);
        if cut == HELLO.len() {
            assert_eq!(first, Some(true));
        } else {
            let answer = partial.absorb(&two[cut..]).unwrap().unwrap();
            check_hello(&answer);
            assert!(!answer.reusable);
        }
    }
    assert!(!Partial::default().absorb(&two).unwrap().unwrap().reusable);
}

#[test]
fn connections_are_kept_as_version_and_header_say() {
    for (head, reusable) in [
        ("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n", true),
        ("HTTP/1.1 200 OK\r\nConnection: Close\r\n", false),
        ("HTTP/1.0 200 OK\r\n", false),
    ] {
        let bytes = format!("{head}Content-Length: 0\r\n\r\n");
        assert_eq!(Partial::default().absorb(bytes.as_bytes()).unwrap().unwrap().reusable, reusable, "{head}");
    }
}

#[test]
fn statuses_without_body_need_no_length() {
    for status in [204, 304] {
        let bytes = format!("HTTP/1.1 {status} X\r\n\r\n");
        let mut partial = Partial::default();
        let answer = partial.absorb(bytes.as_bytes()).unwrap().unwrap();
        assert_eq!((answer.status, answer.body), (status, &b""[..]));
    }
}

#[test]
fn interim_answers_are_passed_over() {
    let mut bytes = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".to_vec();
    bytes.extend_from_slice(HELLO);
    for cut in 0..bytes.len() {
        let mut partial = Partial::default();
        assert_eq!(partial.absorb(&bytes[..cut]).unwrap(), None);
        check_hello(&partial.absorb(&bytes[cut..]).unwrap().unwrap());
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_its_reason() {
    assert_eq!(error(b"SSH-2.0-OpenSSH\r\n"), ResponseError::Garbage);
    assert_eq!(error(b"\0\0\0"), ResponseError::Garbage);
    assert_eq!(error(b"HTTP/2 200\r\n\r\n"), ResponseError::Garbage);
    assert_eq!(error(b"HTTP/1.1 2x0 OK\r\n\r\n"), ResponseError::Garbage);
    assert_eq!(error(b"HTTP/1.1 2000 OK\r\n\r\n"), ResponseError::Garbage);
    assert_eq!(error(b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello"), ResponseError::Garbage);
    assert_eq!(error(b"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n"), ResponseError::Garbage);
    assert_eq!(
        error(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        ResponseError::Garbage
    );
    assert_eq!(error(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), ResponseError::Chunked);
    assert_eq!(error(b"HTTP/1.1 200 OK\r\n\r\n"), ResponseError::NoLength);
    assert_eq!(error(b"HTTP/1.1 200 OK\r\nContent-Length: 67108865\r\n\r\n"), ResponseError::LongBody);
    assert_eq!(error(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n"), ResponseError::LongBody);
    let endless = [b"HTTP/1.1 200 OK\r\nx: ".to_vec(), vec![b'y'; HEAD_LIMIT]].concat();
    assert_eq!(error(&endless), ResponseError::LongHead);
}

#[test]
fn no_bytes_make_the_parser_panic() {
    // A linear congruential generator over the letters that matter, cut at random.
    let letters = b"HTTP/1.1 200 OK\r\n\r\n:content-length: 12connection: close";
    let mut state = 1_u64;
    let mut random = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % limit
    };
    for _ in 0..20_000 {
        let mut bytes = b"HTTP/1.1 200 OK\r\n"[..random(18)].to_vec();
        bytes.extend((0..random(60)).map(|_| letters[random(letters.len())]));
        let cut = random(bytes.len() + 1);
        let mut partial = Partial::default();
        let whole = partial.absorb(&bytes[..cut]).is_ok_and(|answer| answer.is_none());
        if whole {
            let _ = partial.absorb(&bytes[cut..]);
        }
    }
}
