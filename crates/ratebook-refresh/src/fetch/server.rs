//! A local server for tests, with fixed responses.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

/// A server that sends a list of responses in order and repeats the last one. It records the requests.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn new(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/limits", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let recorded = Arc::clone(&requests);
        // The thread waits for connections until the process ends.
        thread::spawn(move || {
            for (count, connection) in listener.incoming().enumerate() {
                let Ok(mut connection) = connection else { continue };
                let mut request = [0; 4096];
                let length = connection.read(&mut request).unwrap_or(0);
                recorded.lock().unwrap().push(String::from_utf8_lossy(&request[..length]).into_owned());
                let _ = connection.write_all(&answers[count.min(answers.len() - 1)]);
            }
        });
        Self { url, requests }
    }

    pub(crate) fn request_count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

/// Returns a response with a body.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Returns a response with an HTML page.
pub(crate) fn page(body: &str) -> Vec<u8> {
    answer("200 OK", "content-type: text/html; charset=utf-8\r\n", body.as_bytes())
}
