//! Sends events to open pages, as server-sent events.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, timeout};

/// The maximum number of open streams.
const MOST: usize = 1024;
/// The maximum number of open streams of one client.
const MOST_OF_CLIENT: usize = 256;
/// The number of events by which a slow client may lag behind.
const LAG: usize = 256;
/// The interval of comments in a quiet stream, which proxies would otherwise close.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// The maximum length of a stream, after which the client connects again. This ends streams of clients that are gone.
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// The time after which a browser connects again, in milliseconds.
const RECONNECT: u32 = 3000;

/// An event about a domain.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// The domain, as reports write it.
    pub(super) domain: String,
    /// `checking`, `row` or `checked`.
    pub(super) kind: &'static str,
    /// One line of JSON.
    pub(super) data: String,
}

impl Event {
    fn text(&self) -> String {
        format!("event: {}\ndata: {}\n\n", self.kind, self.data)
    }
}

/// The open streams.
#[derive(Debug)]
pub(super) struct Events {
    /// The channel of the streams; `None` once the server is ending.
    sender: Mutex<Option<broadcast::Sender<Arc<Event>>>>,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    /// The number of open pages of each domain.
    seen: Arc<Mutex<HashMap<String, usize>>>,
    /// The rows sent so far by checks in progress. A page that is loaded meanwhile opens its stream a moment later, and
    /// the stream begins with them.
    rows: Mutex<HashMap<String, Vec<Arc<Event>>>>,
}

impl Events {
    pub(super) fn new() -> Self {
        Self {
            sender: Mutex::new(Some(broadcast::Sender::new(LAG))),
            open: Arc::default(),
            seen: Arc::default(),
            rows: Mutex::default(),
        }
    }

    /// Sends an event to all open streams.
    pub(super) fn send(&self, event: Event) {
        let event = Arc::new(event);
        let mut rows = self.rows();
        match event.kind {
            "row" => {
                if let Some(rows) = rows.get_mut(&event.domain).filter(|rows| rows.len() < LAG) {
                    rows.push(Arc::clone(&event));
                }
            }
            "checked" => drop(rows.remove(&event.domain)),
            _ => {}
        }
        // Without an open page, there is no receiver. With the rows locked, a stream that opens now gets each row once.
        let _ = self.sender().as_ref().map(|sender| sender.send(event));
    }

    /// Notes that a page of a domain was loaded during a check and will open a stream.
    pub(super) fn expect(&self, domain: String) {
        let mut rows = self.rows();
        // A check that failed leaves its domain behind.
        if rows.len() >= MOST {
            rows.clear();
        }
        rows.entry(domain).or_default();
    }

    fn rows(&self) -> MutexGuard<'_, HashMap<String, Vec<Arc<Event>>>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether the page of a domain is open in any browser, or will be in a moment.
    pub(super) fn is_seen(&self, domain: &str) -> bool {
        if self.rows().contains_key(domain) {
            return true;
        }
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).contains_key(domain)
    }

    /// Ends all streams.
    pub(super) fn close(&self) {
        *self.sender() = None;
    }

    fn sender(&self) -> MutexGuard<'_, Option<broadcast::Sender<Arc<Event>>>> {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of open streams.
    pub(super) fn count(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// Opens a stream of the events of one domain, or of all; `None` if too many streams are open.
    pub(super) fn subscribe(&self, client: IpAddr, domain: Option<String>) -> Option<mpsc::Receiver<Bytes>> {
        let place = Place::take(&self.open, client)?;
        let (events, first) = {
            let rows = self.rows();
            let known = domain.as_ref().and_then(|domain| rows.get(domain)).map_or(&[][..], Vec::as_slice);
            let first: String = known.iter().map(|event| event.text()).collect();
            (self.sender().as_ref()?.subscribe(), first)
        };
        let (sender, receiver) = mpsc::channel(16);
        let page = domain.as_ref().map(|domain| Page::open(&self.seen, domain));
        tokio::spawn(async move {
            forward(events, sender, domain, first, place).await;
            drop(page);
        });
        Some(receiver)
    }
}

/// Writes events to one client until it is gone.
async fn forward(
    mut events: broadcast::Receiver<Arc<Event>>,
    out: mpsc::Sender<Bytes>,
    domain: Option<String>,
    first: String,
    _place: Place,
) {
    let end = Instant::now() + LONGEST;
    let mut text = format!("retry: {RECONNECT}\n\n{first}");
    loop {
        // A client that reads nothing for this long is gone.
        if !text.is_empty() && !matches!(timeout(HEARTBEAT * 2, out.send(text.into())).await, Ok(Ok(()))) {
            return;
        }
        if Instant::now() >= end {
            return;
        }
        let next = tokio::select! {
            () = out.closed() => return,
            next = timeout(HEARTBEAT, events.recv()) => next,
        };
        text = match next {
            Ok(Ok(event)) if domain.as_ref().is_none_or(|domain| *domain == event.domain) => event.text(),
            Ok(Ok(_)) => String::new(),
            // The page that the client requests next contains what it missed.
            Ok(Err(broadcast::error::RecvError::Lagged(_))) => "event: missed\ndata: {}\n\n".into(),
            Ok(Err(broadcast::error::RecvError::Closed)) => return,
            Err(_) => ": still here\n\n".into(),
        };
    }
}

/// An open page of a domain, until this is dropped.
struct Page {
    seen: Arc<Mutex<HashMap<String, usize>>>,
    domain: String,
}

impl Page {
    fn open(seen: &Arc<Mutex<HashMap<String, usize>>>, domain: &str) -> Self {
        *seen.lock().unwrap_or_else(PoisonError::into_inner).entry(domain.to_owned()).or_default() += 1;
        Self { seen: Arc::clone(seen), domain: domain.to_owned() }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = seen.get_mut(&self.domain) {
            *count -= 1;
            if *count == 0 {
                seen.remove(&self.domain);
            }
        }
    }
}

/// A slot for one stream, which is freed when this is dropped.
#[derive(Debug)]
struct Place {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    client: IpAddr,
}

impl Place {
    fn take(open: &Arc<Mutex<HashMap<IpAddr, usize>>>, client: IpAddr) -> Option<Self> {
        let mut counts = open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = counts.get(&client).copied().unwrap_or(0);
        if own >= MOST_OF_CLIENT || counts.values().sum::<usize>() >= MOST {
            return None;
        }
        counts.insert(client, own + 1);
        Some(Self { open: Arc::clone(open), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_page_that_is_loaded_during_a_check_gets_the_rows_before_its_stream_opened() {
        let events = Events::new();
        let send = |kind, data: &str| {
            events.send(Event { domain: "contoso.com".into(), kind, data: data.into() });
        };
        send("row", "0");
        assert!(!events.is_seen("contoso.com"));
        events.expect("contoso.com".into());
        assert!(events.is_seen("contoso.com") && !events.is_seen("fabrikam.com"));
        send("row", "1");
        let client = IpAddr::from([127, 0, 0, 1]);
        let mut stream = events.subscribe(client, Some("contoso.com".into())).unwrap();
        send("row", "2");
        send("checked", "3");
        events.close();
        let mut text = String::new();
        while let Some(octets) = stream.recv().await {
            text += std::str::from_utf8(&octets).unwrap();
        }
        let data: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
        assert_eq!(data, ["1", "2", "3"]);
        assert!(events.rows().is_empty());
    }

    #[test]
    fn streams_of_one_client_and_of_all_are_bounded() {
        let open = Arc::default();
        let client = |number: u32| IpAddr::from(number.to_be_bytes());
        let mut places: Vec<Place> =
            (0..MOST_OF_CLIENT).map(|_| Place::take(&open, client(0)).unwrap()).collect();
        assert!(Place::take(&open, client(0)).is_none());
        for number in 1..=(MOST - MOST_OF_CLIENT) as u32 {
            places.push(Place::take(&open, client(number)).unwrap());
        }
        assert!(Place::take(&open, client(u32::MAX)).is_none());
        places.pop();
        assert!(Place::take(&open, client(u32::MAX)).is_some());
        drop(places);
        assert!(open.lock().unwrap().is_empty());
    }
}
