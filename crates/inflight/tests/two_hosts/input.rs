//! What is wrong with a server's address, its token or its file is said before anything starts; no namespaces are needed.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::stage::{inflight, refused};

const RUN: &str = "run --requests 4 --concurrency 2 --delay 1ms --models raw-epoll";

#[test]
fn without_a_token_only_loopback_is_served() {
    for bind in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
        refused(&inflight(&format!("serve --bind {bind}")), "without --token-file this serves loopback only");
    }
}

#[test]
fn a_token_file_that_is_unfit_is_refused_on_both_sides() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    let path = file.display();
    for (text, mode, says) in [
        ("0123456789abcdef", 0o600, "this has 16"),
        ("0123456789abcdef0123456789abcdef", 0o644, "chmod 600"),
        ("0123456789abcdef 123456789abcdef", 0o600, "one line of letters"),
    ] {
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        refused(&inflight(&format!("serve --token-file {path}")), says);
        refused(&inflight(&format!("{RUN} --server http://127.0.0.1:1 --token-file {path}")), says);
    }
    std::fs::remove_file(&file).unwrap();
    refused(&inflight(&format!("serve --token-file {path}")), "openssl rand -hex 32");
}

#[test]
fn arguments_that_do_not_go_together_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    let mut make = Command::new("sh");
    make.args(["-c", "umask 077; printf '%040d' 7 > \"$1\"", "sh"]).arg(&file);
    assert!(make.status().unwrap().success());
    let token = format!("--token-file {}", file.display());
    refused(&inflight(&format!("{RUN} --server http://127.0.0.1:1")), "--token-file");
    refused(&inflight(&format!("{RUN} {token}")), "--server");
    refused(&inflight(&format!("{RUN} --wait-for-server 1s")), "--server");
    let server = format!("--server http://127.0.0.1:1 {token} --wait-for-server 0");
    refused(&inflight(&format!("{RUN} {server} --placement shared")), "--placement");
    refused(&inflight(&format!("{RUN} {server} --hosts 2")), "addresses of one machine's loopback");
    refused(&inflight(&format!("{RUN} {server}")), "the server at http://127.0.0.1:1 did not answer within 0 s");
    for address in ["127.0.0.1:1", "https://127.0.0.1:1", "http://127.0.0.1", "http://127.0.0.1:1/delay"] {
        refused(&inflight(&format!("{RUN} --server {address} {token}")), "a server's address is http://HOST:PORT");
    }
}
