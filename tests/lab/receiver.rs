//! A web server that takes notices: each request gets the next of its answers, and its body is kept.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a receiver does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// It answers with this status, and with this `Location` where there is one.
    Status(u16, &'static str),
    /// It reads the request and says nothing.
    Silence,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The request line and the headers.
    pub head: String,
    pub body: String,
}

/// A handle to the server, which ends with it.
pub struct Receiver {
    address: SocketAddr,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

struct State {
    /// The answers to come; when they are used up, all is accepted.
    receipts: Mutex<VecDeque<Receipt>>,
    notices: Mutex<Vec<Notice>>,
    is_over: AtomicBool,
}

impl Receiver {
    pub fn start(receipts: &[Receipt]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            receipts: Mutex::new(receipts.iter().copied().collect()),
            notices: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let of_thread = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                if of_thread.is_over.load(Ordering::Relaxed) {
                    return;
                }
                silent.extend(of_thread.take(stream.unwrap()));
            }
        });
        Self { address, state, thread: Some(thread) }
    }

    /// A URL there.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What has come so far.
    pub fn notices(&self) -> Vec<Notice> {
        self.state.notices.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl State {
    /// Reads one request and answers it; gives the connection back where it stays open without an answer.
    fn take(&self, stream: TcpStream) -> Option<TcpStream> {
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut reader = BufReader::new(&stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let length = head.to_ascii_lowercase();
        let length = length.lines().find_map(|line| line.strip_prefix("content-length:"));
        let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
        reader.read_exact(&mut body).ok()?;
        self.notices.lock().unwrap().push(Notice { head, body: String::from_utf8(body).unwrap() });
        let receipt = self.receipts.lock().unwrap().pop_front();
        let (status, location) = match receipt {
            Some(Receipt::Silence) => return Some(stream),
            Some(Receipt::Status(status, location)) => (status, location),
            None => (204, ""),
        };
        let location = if location.is_empty() { String::new() } else { format!("location: {location}\r\n") };
        let answer =
            format!("HTTP/1.1 {status} Any\r\n{location}content-length: 0\r\nconnection: close\r\n\r\n");
        let _ = (&stream).write_all(answer.as_bytes());
        None
    }
}
