//! What goes through the pipe: a URL one way, an answer the other, each part with its length in front.

use std::io::{self, BufRead, Read, Write};

/// What a process fetched, or why it could not.
pub type Fetched = Result<Answer, String>;

/// One HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The header `Server-Timing`, where there was one.
    pub timing: Option<Vec<u8>>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Stands in the place of a status where there is none: the body is the reason.
const FAILED: u16 = 0;

/// Asks for a URL.
pub fn ask(mut pipe: impl Write, url: &str) -> io::Result<()> {
    // One write: the other side wakes once.
    let mut question = Vec::with_capacity(url.len() + 8);
    write_part(&mut question, url.as_bytes())?;
    pipe.write_all(&question)
}

/// The next URL that is asked for; `None` when the other side has closed the pipe.
pub fn question(mut pipe: impl BufRead) -> io::Result<Option<String>> {
    if pipe.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let url = read_part(&mut pipe)?;
    String::from_utf8(url).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Sends what came of it.
pub fn reply(mut pipe: impl Write, fetched: &Fetched) -> io::Result<()> {
    let (status, timing, body) = match fetched {
        Ok(answer) => (answer.status, answer.timing.as_deref().unwrap_or_default(), answer.body.as_slice()),
        Err(why) => (FAILED, [].as_slice(), why.as_bytes()),
    };
    pipe.write_all(&status.to_le_bytes())?;
    write_part(&mut pipe, timing)?;
    write_part(&mut pipe, body)?;
    pipe.flush()
}

/// Reads what came of it.
pub fn answer(mut pipe: impl Read) -> io::Result<Fetched> {
    let mut status = [0; 2];
    pipe.read_exact(&mut status)?;
    let (timing, body) = (read_part(&mut pipe)?, read_part(&mut pipe)?);
    Ok(match u16::from_le_bytes(status) {
        FAILED => Err(String::from_utf8_lossy(&body).into_owned()),
        status => Ok(Answer { status, timing: Some(timing).filter(|timing| !timing.is_empty()), body }),
    })
}

fn write_part(pipe: &mut impl Write, part: &[u8]) -> io::Result<()> {
    pipe.write_all(&(part.len() as u64).to_le_bytes())?;
    pipe.write_all(part)
}

fn read_part(pipe: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 8];
    pipe.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    // A process that breaks off may have promised anything: memory is taken for what arrives.
    let mut part = Vec::with_capacity(usize::try_from(length.min(1 << 16)).unwrap_or(0));
    pipe.take(length).read_to_end(&mut part)?;
    if part.len() as u64 == length { Ok(part) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_answers_come_back_as_they_were() {
        let mut pipe = Vec::new();
        ask(&mut pipe, "http://a/1").unwrap();
        ask(&mut pipe, "").unwrap();
        let mut pipe = pipe.as_slice();
        assert_eq!(question(&mut pipe).unwrap().as_deref(), Some("http://a/1"));
        assert_eq!(question(&mut pipe).unwrap().as_deref(), Some(""));
        assert_eq!(question(&mut pipe).unwrap(), None);

        let full = Ok(Answer { status: 503, timing: Some(b"hold;dur=1".to_vec()), body: vec![7; 200_000] });
        let bare = Ok(Answer { status: 200, timing: None, body: vec![] });
        for fetched in [full, bare, Err("refused".to_owned())] {
            let mut pipe = Vec::new();
            reply(&mut pipe, &fetched).unwrap();
            assert_eq!(answer(pipe.as_slice()).unwrap(), fetched);
        }
    }

    #[test]
    fn what_breaks_off_is_an_error_wherever_it_does() {
        let mut pipe = Vec::new();
        reply(&mut pipe, &Ok(Answer { status: 200, timing: Some(b"t".to_vec()), body: vec![1; 9] })).unwrap();
        for length in 0..pipe.len() {
            assert_eq!(answer(&pipe[..length]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{length}");
        }
        assert!(question([9, 0].as_slice()).is_err());
        let endless = u64::MAX.to_le_bytes();
        assert!(question(endless.as_slice()).is_err());
    }
}
