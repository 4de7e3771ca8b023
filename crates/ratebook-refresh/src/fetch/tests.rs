//! Fetching, against a server on this machine that answers each connection with bytes given beforehand.

use std::io::Write as _;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use super::server::{Server, answer, page};
use super::{FetchError, Fetched, Fetcher};

/// A server that sends the head of a page, then one byte at a time, or nothing at all.
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

/// Fetches, and tells the waits in seconds instead of waiting.
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
    assert_eq!((fetched.url, fetched.ending), (server.url.clone(), Some("html")));
}

#[test]
fn the_request_says_who_asks_and_what_is_read() {
    let server = Server::new(vec![page("x")]);
    try_fetch(&server).0.unwrap();
    let request = server.requests.lock().unwrap()[0].to_ascii_lowercase();
    for line in ["user-agent: ratebook-refresh/", "accept: text/html, text/markdown", "accept-encoding: gzip"] {
        assert!(request.contains(line), "{request}");
    }
}

#[test]
fn the_content_type_tells_the_form_or_leaves_it_open() {
    for (content_type, ending) in [("text/markdown", Some("md")), ("text/plain; charset=\"UTF-8\"", None)] {
        let server = Server::new(vec![answer("200 OK", &format!("content-type: {content_type}\r\n"), b"x")]);
        assert_eq!(try_fetch(&server).0.unwrap().ending, ending);
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
fn redirects_in_a_circle_end() {
    let server = Server::new(vec![answer("302 Found", "location: /limits\r\n", b"")]);
    assert!(failure(&server).contains("more than 5 redirects"));
    assert_eq!(server.asked(), 6);
}

#[test]
fn a_redirect_away_from_https_is_not_followed() {
    let server = Server::new(vec![answer("302 Found", "location: http://docs.example.com/\r\n", b"")]);
    assert_eq!(failure(&server), "http://docs.example.com/: only https is fetched");
}

#[test]
fn a_page_that_is_not_there_is_asked_for_once() {
    let server = Server::new(vec![answer("404 Not Found", "", b"gone")]);
    let (result, waits) = try_fetch(&server);
    let error = result.unwrap_err();
    assert!(error.to_string().ends_with("status 404") && error.is_elsewhere(), "{error}");
    assert_eq!((server.asked(), waits), (1, vec![]));
}

#[test]
fn a_server_in_trouble_is_asked_again_after_a_wait_that_doubles() {
    let trouble = || answer("500 Internal Server Error", "", b"");
    let server = Server::new(vec![trouble(), trouble(), page("back")]);
    let (result, waits) = try_fetch(&server);
    assert_eq!((result.unwrap().bytes, waits), (b"back".to_vec(), vec![1, 2]));

    let server = Server::new(vec![trouble()]);
    let (result, waits) = try_fetch(&server);
    assert!(result.unwrap_err().to_string().ends_with("status 500"));
    assert_eq!((server.asked(), waits), (4, vec![1, 2, 4]));
}

#[test]
fn retry_after_is_obeyed_up_to_its_bound() {
    let busy = |wait: &str| answer("429 Too Many Requests", &format!("retry-after: {wait}\r\n"), b"");
    let server = Server::new(vec![busy("7"), page("back")]);
    assert_eq!(try_fetch(&server).1, [7]);
    // A date in the past asks for no wait; ours stays.
    let server = Server::new(vec![busy("Wed, 21 Oct 2015 07:28:00 GMT"), page("back")]);
    assert_eq!(try_fetch(&server).1, [1]);
    let server = Server::new(vec![busy("3600")]);
    assert!(failure(&server).contains("asks to wait 3600 s, longer than 20 s"));
    assert_eq!(server.asked(), 1);
}

#[test]
fn a_server_that_is_silent_or_drips_is_given_up_in_time() {
    for drips in [false, true] {
        let url = slow_server(drips);
        let impatient = Fetcher { timeout: Duration::from_millis(200), tries: 1, ..fetcher() };
        let error = impatient.fetch(&url).unwrap_err();
        assert!(matches!(error, FetchError::TimedOut { .. }), "drips: {drips}: {error:?}");
        assert!(error.may_pass());
    }
}

#[test]
fn a_page_larger_than_the_cap_is_refused_and_one_of_its_size_is_not() {
    let server = Server::new(vec![page(&"x".repeat(1_001))]);
    assert!(failure(&server).ends_with("larger than 1000 bytes"));
    let server = Server::new(vec![page(&"x".repeat(1_000))]);
    assert_eq!(try_fetch(&server).0.unwrap().bytes.len(), 1_000);
}

#[test]
fn a_page_cut_short_is_not_taken_for_a_page() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n";
    let cut = [
        format!("{head}content-length: 500\r\n\r\n<p>600 a min"),
        format!("{head}transfer-encoding: chunked\r\n\r\n5\r\n<p>60\r\n"),
        format!("{head}\r\n<!doctype html><html><body><p>600 a min"),
    ];
    for bytes in cut {
        let server = Server::new(vec![bytes.clone().into_bytes()]);
        let message = failure(&server);
        assert!(message.contains("the page ends early"), "{bytes}: {message}");
        assert_eq!(server.asked(), 4, "may pass: {message}");
    }
}

#[test]
fn a_page_of_another_type_is_refused_by_name() {
    let server = Server::new(vec![answer("200 OK", "content-type: application/pdf\r\n", b"%PDF")]);
    assert!(failure(&server).contains("content type `application/pdf`"));
    let server = Server::new(vec![answer("200 OK", "", b"?")]);
    assert!(failure(&server).contains("content type `none`"));
}

#[test]
fn a_page_that_is_not_utf_8_is_refused() {
    let server = Server::new(vec![answer("200 OK", "content-type: text/html\r\n", b"\xff\xfe6\x000\x00")]);
    assert!(failure(&server).contains("not UTF-8: byte 1"));
    let server = Server::new(vec![answer("200 OK", "content-type: text/html; charset=GBK\r\n", b"60")]);
    assert!(failure(&server).contains("the server says `gbk`"));
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_compressed_page_is_unpacked_and_held_to_the_cap_unpacked() {
    let headers = "content-type: text/html\r\ncontent-encoding: gzip\r\n";
    let server = Server::new(vec![answer("200 OK", headers, &gzip("600 a minute"))]);
    assert_eq!(try_fetch(&server).0.unwrap().bytes, b"600 a minute");
    let server = Server::new(vec![answer("200 OK", headers, &gzip(&"x".repeat(100_000)))]);
    assert!(failure(&server).ends_with("larger than 1000 bytes"));
    let packed = gzip("600 a minute, and more");
    let server = Server::new(vec![answer("200 OK", headers, &packed[..packed.len() - 12])]);
    assert!(failure(&server).contains("the page ends early"));
}

#[test]
fn a_host_that_refuses_connections_is_tried_again_then_reported() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut waits = 0;
    let error = fetcher().fetch_waiting(&format!("http://{closed}/"), &mut |_| waits += 1).unwrap_err();
    assert!(matches!(error, FetchError::Connection { .. }), "{error:?}");
    assert_eq!(waits, 3);
}
