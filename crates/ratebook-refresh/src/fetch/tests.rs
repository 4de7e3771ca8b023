//! Tests of fetches against a local server with fixed responses.

use std::io::Write as _;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use super::server::{Server, answer, page};
use super::{FetchError, Fetched, Fetcher};

/// Starts a server that sends the head of a page and then single bytes, or nothing.
fn slow_server(drips: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        if !drips {
            return thread::sleep(Duration::from_secs(5));
        }
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 900\r\n\r\n");
        while connection.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    url
}

fn fetcher() -> Fetcher {
    Fetcher { timeout: Duration::from_secs(5), largest_body: 1_000, tries: 4, https_only: false, ..Fetcher::default() }
}

/// Fetches without waiting. Returns the waits in seconds.
fn try_fetch(server: &Server) -> (Result<Fetched, FetchError>, Vec<u64>) {
    let mut waits = Vec::new();
    let result = fetcher().fetch_waiting(&server.url, &mut |time| waits.push(time.as_secs()));
    (result, waits)
}

fn failure(server: &Server) -> String {
    try_fetch(server).0.unwrap_err().to_string()
}

#[test]
fn a_page_arrives_as_it_was_sent() {
    let server = Server::new(vec![page("<html>600 a minute, ≤8B</html>")]);
    let fetched = try_fetch(&server).0.unwrap();
    assert_eq!(fetched.bytes, "<html>600 a minute, ≤8B</html>".as_bytes());
    assert_eq!((fetched.url, fetched.extension), (server.url.clone(), Some("html")));
}

#[test]
fn the_request_has_a_user_agent_and_accepted_types() {
    let server = Server::new(vec![page("x")]);
    try_fetch(&server).0.unwrap();
    let request = server.requests.lock().unwrap()[0].to_ascii_lowercase();
    for line in ["user-agent: ratebook-refresh/", "accept: text/html, text/markdown", "accept-encoding: gzip"] {
        assert!(request.contains(line), "{request}");
    }
}

#[test]
fn the_content_type_may_determine_the_extension() {
    for (content_type, extension) in [("text/markdown", Some("md")), ("text/plain; charset=\"UTF-8\"", None)] {
        let server = Server::new(vec![answer("200 OK", &format!("content-type: {content_type}\r\n"), b"x")]);
        assert_eq!(try_fetch(&server).0.unwrap().extension, extension);
    }
}

#[test]
fn a_redirect_is_followed() {
    let target = Server::new(vec![page("moved here")]);
    let server = Server::new(vec![answer("301 Moved", &format!("location: {}\r\n", target.url), b"")]);
    let fetched = try_fetch(&server).0.unwrap();
    assert_eq!((fetched.bytes.as_slice(), fetched.url), (&b"moved here"[..], target.url.clone()));
}

#[test]
fn a_redirect_loop_is_an_error() {
    let server = Server::new(vec![answer("302 Found", "location: /limits\r\n", b"")]);
    assert!(failure(&server).contains("more than 5 redirects"));
    assert_eq!(server.request_count(), 6);
}

#[test]
fn a_redirect_to_another_host_without_https_is_not_followed() {
    let server = Server::new(vec![answer("302 Found", "location: http://docs.example.com/\r\n", b"")]);
    assert_eq!(failure(&server), "http://docs.example.com/: expected an https URL");
}

#[test]
fn a_missing_page_is_requested_once() {
    let server = Server::new(vec![answer("404 Not Found", "", b"gone")]);
    let (result, waits) = try_fetch(&server);
    let error = result.unwrap_err();
    assert!(error.to_string().ends_with("status 404") && error.is_elsewhere(), "{error}");
    assert_eq!((server.request_count(), waits), (1, vec![]));
}

#[test]
fn server_errors_are_retried_with_exponential_backoff() {
    let trouble = || answer("500 Internal Server Error", "", b"");
    let server = Server::new(vec![trouble(), trouble(), page("back")]);
    let (result, waits) = try_fetch(&server);
    assert_eq!((result.unwrap().bytes, waits), (b"back".to_vec(), vec![1, 2]));

    let server = Server::new(vec![trouble()]);
    let (result, waits) = try_fetch(&server);
    assert!(result.unwrap_err().to_string().ends_with("status 500"));
    assert_eq!((server.request_count(), waits), (4, vec![1, 2, 4]));
}

#[test]
fn retry_after_is_respected_up_to_the_longest_wait() {
    let busy = |wait: &str| answer("429 Too Many Requests", &format!("retry-after: {wait}\r\n"), b"");
    let server = Server::new(vec![busy("7"), page("back")]);
    assert_eq!(try_fetch(&server).1, [7]);
    // A date in the past requests no wait; the backoff remains.
    let server = Server::new(vec![busy("Wed, 21 Oct 2015 07:28:00 GMT"), page("back")]);
    assert_eq!(try_fetch(&server).1, [1]);
    let server = Server::new(vec![busy("3600")]);
    assert!(failure(&server).contains("requests a wait of 3600 s, above the longest wait of 20 s"));
    assert_eq!(server.request_count(), 1);
}

#[test]
fn a_silent_or_slow_server_times_out() {
    for drips in [false, true] {
        let url = slow_server(drips);
        let impatient = Fetcher { timeout: Duration::from_millis(200), tries: 1, ..fetcher() };
        let error = impatient.fetch(&url).unwrap_err();
        assert!(matches!(error, FetchError::TimedOut { .. }), "drips: {drips}: {error:?}");
        assert!(error.may_pass());
    }
}

#[test]
fn a_page_above_the_largest_size_is_an_error() {
    let server = Server::new(vec![page(&"x".repeat(1_001))]);
    assert!(failure(&server).ends_with("larger than 1000 bytes"));
    let server = Server::new(vec![page(&"x".repeat(1_000))]);
    assert_eq!(try_fetch(&server).0.unwrap().bytes.len(), 1_000);
}

#[test]
fn a_truncated_page_is_an_error() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n";
    let cut = [
        format!("{head}content-length: 500\r\n\r\n<p>600 a min"),
        format!("{head}transfer-encoding: chunked\r\n\r\n5\r\n<p>60\r\n"),
        format!("{head}\r\n<!doctype html><html><body><p>600 a min"),
    ];
    for bytes in cut {
        let server = Server::new(vec![bytes.clone().into_bytes()]);
        let message = failure(&server);
        assert!(message.contains("the page is truncated"), "{bytes}: {message}");
        assert_eq!(server.request_count(), 4, "transient: {message}");
    }
}

#[test]
fn another_content_type_is_an_error_that_names_it() {
    let server = Server::new(vec![answer("200 OK", "content-type: application/pdf\r\n", b"%PDF")]);
    assert!(failure(&server).contains("content type `application/pdf`"));
    let server = Server::new(vec![answer("200 OK", "", b"?")]);
    assert!(failure(&server).contains("content type `none`"));
}

#[test]
fn a_page_in_another_encoding_is_an_error() {
    let server = Server::new(vec![answer("200 OK", "content-type: text/html\r\n", b"\xff\xfe6\x000\x00")]);
    assert!(failure(&server).contains("expected UTF-8: byte 1"));
    let server = Server::new(vec![answer("200 OK", "content-type: text/html; charset=GBK\r\n", b"60")]);
    assert!(failure(&server).contains("the charset is `gbk`"));
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_compressed_page_is_decompressed_and_then_bounded() {
    let headers = "content-type: text/html\r\ncontent-encoding: gzip\r\n";
    let server = Server::new(vec![answer("200 OK", headers, &gzip("600 a minute"))]);
    assert_eq!(try_fetch(&server).0.unwrap().bytes, b"600 a minute");
    let server = Server::new(vec![answer("200 OK", headers, &gzip(&"x".repeat(100_000)))]);
    assert!(failure(&server).ends_with("larger than 1000 bytes"));
    let packed = gzip("600 a minute, and more");
    let server = Server::new(vec![answer("200 OK", headers, &packed[..packed.len() - 12])]);
    assert!(failure(&server).contains("the page is truncated"));
}

#[test]
fn refused_connections_are_retried() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut waits = 0;
    let error = fetcher().fetch_waiting(&format!("http://{closed}/"), &mut |_| waits += 1).unwrap_err();
    assert!(matches!(error, FetchError::Connection { .. }), "{error:?}");
    assert_eq!(waits, 3);
}
