//! From a URL to the bytes of its request.

/// A GET request for an `http://` URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// Host and perhaps port, as the URL has them.
    pub authority: &'a str,
    path: &'a str,
}

impl<'a> Request<'a> {
    /// The request for a URL, or `None` where it is no plain HTTP.
    #[must_use]
    pub fn get(url: &'a str) -> Option<Self> {
        let rest = url.strip_prefix("http://")?;
        let (authority, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
        Some(Self { authority, path })
    }

    /// Its length in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a request has at least its method")]
    pub fn len(&self) -> usize {
        self.parts().iter().map(|part| part.len()).sum()
    }

    /// Appends its bytes.
    pub fn write(&self, to: &mut Vec<u8>) {
        for part in self.parts() {
            to.extend_from_slice(part.as_bytes());
        }
    }

    fn parts(&self) -> [&'a str; 5] {
        ["GET ", self.path, " HTTP/1.1\r\nHost: ", self.authority, "\r\n\r\n"]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_become_requests() {
        for (url, text) in [
            ("http://127.0.0.1:80/a/b?c=d", "GET /a/b?c=d HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n"),
            ("http://[::1]", "GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n"),
        ] {
            let request = Request::get(url).unwrap();
            let mut bytes = b"before".to_vec();
            request.write(&mut bytes);
            assert_eq!(String::from_utf8(bytes).unwrap(), format!("before{text}"));
            assert_eq!(request.len(), text.len());
        }
        assert_eq!(Request::get("https://127.0.0.1/"), None);
        assert_eq!(Request::get("no URL"), None);
    }
}
