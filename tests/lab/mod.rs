//! How do servers behave that nobody dares to put on the internet?
//!
//! A [`Lab`] runs scripted name servers on loopback addresses, all on one port as `--authority-port` needs
//! it, in a thread of its own: a test may be synchronous, run a whole command, or ask from its own runtime.
//! Every packet is remembered, so that "asked once" can be tested. A lab ends when it is dropped.
//!
//! ```ignore
//! let lab = Lab::start();
//! let server = lab.server("127.0.0.2");
//! server.zone("contoso.com", "@ 3600 MX 10 mail\nmail 3600 A 192.0.2.1");
//! server.say_to("contoso.com", "TXT", Say::Nothing);
//! lab.resolver("127.0.0.53");
//! ```

#![allow(dead_code, unused_imports, reason = "a lab offers more than one test file uses")]

mod customers;
pub mod internet;
mod message;
mod receiver;
mod run;
mod secure;
mod service;
mod web;
mod zone;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cutover::record::{Name, Record, RecordType};
use hickory_resolver::proto::op::{Message, ResponseCode};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

pub use customers::{customer, customer_number, referral, resolved};
pub use message::{wire_name, wire_record};
pub use receiver::{Receipt, Receiver};
pub use secure::Identity;
pub use service::Service;
pub use web::{Authority, Manner, Web};
pub use zone::{Said, Zone, records};

/// How long a client waits for a server that says nothing, where a test needs it to give up soon. An answer must come in
/// time on a busy machine too, and under Wine, where a call of the system takes ten times as long.
pub const IMPATIENT: Duration = Duration::from_millis(if cfg!(windows) { 1000 } else { 300 });

/// The same as the value of an option.
pub const IMPATIENT_SECONDS: &str = if cfg!(windows) { "1" } else { "0.3" };

/// Scripted servers on one port of different loopback addresses.
pub struct Lab {
    port: u16,
    world: World,
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    /// Keeps the port: no other lab, and no socket that a client binds to all addresses, can get it.
    _reserved: (UdpSocket, TcpListener),
}

/// All servers of a lab: what a resolver in it can find out.
type World = Arc<Mutex<BTreeMap<IpAddr, Arc<Mutex<State>>>>>;

/// A handle to one server; clones are the same server.
#[derive(Clone)]
pub struct LabServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

/// What a server says to a question.
#[derive(Clone, Default)]
pub enum Say {
    /// What its zones hold: the normal case. Over UDP cut with TC where it does not fit.
    #[default]
    Zone,
    /// Not a word.
    Nothing,
    /// An error, with extended errors.
    Error(ResponseCode, Vec<(u16, &'static str)>),
    /// An error of twelve octets, as old servers send it.
    HeaderOnly(ResponseCode),
    /// A referral to the root: what a lame server says.
    Upward,
    /// No error, nothing, no authority.
    Blank,
    /// What the zones hold, changed; cut with TC over UDP where it does not fit.
    Fitting(Arc<dyn Fn(&mut Message) + Send + Sync>),
    /// What the zones hold, changed.
    Altered(Arc<dyn Fn(&mut Message) + Send + Sync>),
    /// The right id and then nonsense.
    Garbage,
    /// The reply, with another id.
    WrongId,
    /// The reply, to another question.
    OtherQuestion,
    /// The reply, without its question section.
    NoQuestion,
    /// The question, thrown back.
    Echo,
    /// The reply, its last record cut in two.
    CutInRecord,
    /// TC over UDP with nothing in it; over a stream the reply.
    Truncated,
    /// TC over UDP, the last record cut in two; over a stream the reply.
    TruncatedInRecord,
    /// This error to a question with EDNS, the reply to one without.
    RefuseEdns(ResponseCode),
    /// The reply, all names in upper case.
    UpperCase,
    /// The reply, its question in lower case.
    LowerCase,
    /// The reply to a question in lower case, and nothing to any other.
    LowerCaseOnly,
    /// Several packets.
    All(Vec<Say>),
    /// The first to the first packet of a question, and so on; the last for ever.
    Turns(Vec<Say>),
    /// The same, later.
    Later(Duration, Box<Say>),
    /// Over a stream: the end of the connection. Over UDP: nothing.
    Close,
    /// Over HTTPS: this status.
    HttpStatus(u16),
    /// The reply, its octets changed.
    Raw(Arc<dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync>),
    /// The reply, from another port than it was asked at; over a stream as it is.
    OtherPort,
    /// TC over UDP; over a stream the beginning of the reply, and then nothing more.
    Stalled,
    /// TC over UDP; over TCP the beginning of the reply, and then a reset.
    Reset,
}

/// How a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    Udp,
    Tcp,
    Tls,
    Https,
}

/// One packet that a server got.
#[derive(Debug, Clone)]
pub struct Seen {
    pub via: Via,
    pub id: u16,
    pub name: Name,
    /// The name as it was written.
    pub spelling: String,
    pub rtype: RecordType,
    pub recursion_desired: bool,
    pub authentic_data: bool,
    pub checking_disabled: bool,
    /// The payload advertised; `None` without EDNS.
    pub payload: Option<u16>,
    /// Where it came from.
    pub from: SocketAddr,
    /// When it came.
    pub at: tokio::time::Instant,
}

/// What a server says to a question, worked out when it comes.
type Rule = Arc<dyn Fn(&Name, RecordType) -> Said + Send + Sync>;

/// What one server is.
#[derive(Default)]
struct State {
    zones: Vec<Zone>,
    /// In place of zones.
    rule: Option<Rule>,
    /// Packets to a server with a rule.
    counted: usize,
    /// Answers from the zones of all servers, as a resolver does.
    recursive: bool,
    /// What a resolver still remembers: said instead of what the zones hold.
    cache: Vec<Record>,
    /// Names that a resolver remembers not to exist, with the remaining time.
    absent: BTreeMap<Name, u32>,
    /// How long ago a resolver asked: taken from every TTL.
    age: u32,
    say: Say,
    say_over_streams: Option<Say>,
    /// What these two are said about; names elsewhere are answered from the zones.
    scope: Option<Name>,
    say_to: Vec<(Name, RecordType, Say)>,
    /// Zones for which every packet is dropped.
    dropped: Vec<Name>,
    delay: Duration,
    close_after_reply: bool,
    connections: usize,
    seen: Vec<Seen>,
}

impl Lab {
    /// An empty lab on a port of its own.
    pub fn start() -> Self {
        let reserved = reserve();
        let port = reserved.0.local_addr().unwrap().port();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let _ = runtime.block_on(stopped);
        });
        let world = World::default();
        Self { port, world, handle, stop: Some(stop), thread: Some(thread), _reserved: reserved }
    }

    /// The port of all servers but those with TLS.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where a server is, or would be: nobody answers at an address without a server.
    pub fn address(&self, ip: &str) -> SocketAddr {
        SocketAddr::new(ip.parse().unwrap(), self.port)
    }

    /// A name server at this address, without zones: it refuses everything until it gets one.
    pub fn server(&self, ip: &str) -> LabServer {
        self.run(ip, true)
    }

    /// A name server whose TCP port is closed.
    pub fn server_without_tcp(&self, ip: &str) -> LabServer {
        self.run(ip, false)
    }

    /// A recursive resolver that knows the zones of all servers of this lab.
    pub fn resolver(&self, ip: &str) -> LabServer {
        let server = self.run(ip, true);
        server.state().recursive = true;
        server
    }

    /// A resolver over TLS, on a port of its own, showing this identity.
    pub fn tls_resolver(&self, ip: &str, identity: &Identity) -> LabServer {
        self.run_secure(ip, identity, Via::Tls)
    }

    /// A resolver over HTTPS at `/dns-query`, on a port of its own, showing this identity.
    pub fn https_resolver(&self, ip: &str, identity: &Identity) -> LabServer {
        self.run_secure(ip, identity, Via::Https)
    }

    fn run(&self, ip: &str, tcp: bool) -> LabServer {
        let address = self.address(ip);
        let state = Arc::new(Mutex::new(State::default()));
        self.world.lock().unwrap().insert(address.ip(), Arc::clone(&state));
        let udp = UdpSocket::bind(address).unwrap();
        udp.set_nonblocking(true).unwrap();
        self.handle.spawn(run::udp(udp, Arc::clone(&state), Arc::clone(&self.world)));
        if tcp {
            let listener = TcpListener::bind(address).unwrap();
            listener.set_nonblocking(true).unwrap();
            self.handle.spawn(run::tcp(listener, Arc::clone(&state), Arc::clone(&self.world)));
        }
        LabServer { address, state }
    }

    fn run_secure(&self, ip: &str, identity: &Identity, via: Via) -> LabServer {
        let state = Arc::new(Mutex::new(State { recursive: true, ..State::default() }));
        let listener = TcpListener::bind((ip.parse::<IpAddr>().unwrap(), 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let task =
            secure::run(listener, identity.server_config(via), via, Arc::clone(&state), self.world.clone());
        self.handle.spawn(task);
        LabServer { address, state }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // Dropping the runtime in its thread ends all tasks and closes all sockets.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Ports below the ephemeral range: in it, an outgoing connection of another test could take the port of a server that
/// starts later.
const PORTS: std::ops::Range<u16> = 12_000..32_000;

/// A port that is free for UDP and TCP, held at an address that no server uses.
fn reserve() -> (UdpSocket, TcpListener) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let count = u32::from(PORTS.end - PORTS.start);
    for _ in 0..1000 {
        // Each process begins elsewhere.
        let place = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(std::process::id().wrapping_mul(97));
        let port = PORTS.start + u16::try_from(place % count).unwrap();
        let free = TcpListener::bind(("127.0.0.1", port)).and_then(|_| {
            let udp = UdpSocket::bind(("127.255.255.254", port))?;
            Ok((udp, TcpListener::bind(("127.255.255.254", port))?))
        });
        if let Ok(free) = free {
            return free;
        }
    }
    panic!("no port is free for both UDP and TCP");
}

impl LabServer {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Puts Microsoft's names on the server, as domains that have moved need them.
    pub fn microsoft(&self) -> &Self {
        self.zone(
            "outlook.com",
            "contoso-com.mail.protection 10 A 192.0.2.1
             fabrikam-com.mail.protection 10 A 192.0.2.1
             sub-contoso-com.mail.protection 10 A 192.0.2.1
             spf.protection 300 TXT \"v=spf1 ip4:192.0.2.0/24 -all\"
             autodiscover 300 A 192.0.2.2",
        )
    }

    /// Puts Rackspace's names on the server.
    pub fn rackspace(&self) -> &Self {
        self.zone("emailsrvr.com", "@ 300 TXT \"v=spf1 ip4:192.0.2.0/24 ~all\"\nmx1 300 A 192.0.2.3")
    }

    /// Adds a zone: lines of `owner TTL type data`; owner and names relative to the apex, `@` for it. An SOA
    /// is made up where there is none.
    pub fn zone(&self, apex: &str, lines: &str) -> &Self {
        let zone = Zone::new(apex, lines);
        let mut state = self.state();
        state.zones.retain(|old| old.apex != zone.apex);
        state.zones.push(zone);
        drop(state);
        self
    }

    /// Answers by a rule in place of zones, for more domains than could be searched one after the other. Of its packets
    /// only the number is remembered.
    pub fn rule(&self, rule: impl Fn(&Name, RecordType) -> Said + Send + Sync + 'static) -> &Self {
        self.state().rule = Some(Arc::new(rule));
        self
    }

    /// For a resolver: what it still remembers, lines as for [`LabServer::zone`], with the remaining TTLs.
    pub fn remember(&self, origin: &str, lines: &str) -> &Self {
        self.state().cache.extend(records(origin, lines));
        self
    }

    /// For a resolver: a name that it remembers not to exist, for so many seconds more.
    pub fn remember_absent(&self, name: &str, seconds: u32) -> &Self {
        self.state().absent.insert(name.parse().unwrap(), seconds);
        self
    }

    /// For a resolver: everything that it remembered has run out.
    pub fn run_out(&self) -> &Self {
        let mut state = self.state();
        state.cache.clear();
        state.absent.clear();
        drop(state);
        self
    }

    /// For a resolver: how many seconds ago it asked the authorities.
    pub fn age(&self, seconds: u32) -> &Self {
        self.state().age = seconds;
        self
    }

    /// What it says to everything that has no rule of its own.
    pub fn say(&self, say: Say) -> &Self {
        self.state().say = say;
        self
    }

    /// What it says over TCP, TLS and HTTPS.
    pub fn say_over_streams(&self, say: Say) -> &Self {
        self.state().say_over_streams = Some(say);
        self
    }

    /// Answers for names outside this domain from the zones, whatever is said to everything.
    pub fn misbehave_within(&self, domain: &str) -> &Self {
        self.state().scope = Some(domain.parse().unwrap());
        self
    }

    /// What it says to one question.
    pub fn say_to(&self, name: &str, rtype: &str, say: Say) -> &Self {
        let (name, rtype) = (name.parse::<Name>().unwrap(), rtype.parse().unwrap());
        let mut state = self.state();
        state.say_to.retain(|(old, of, _)| (old, *of) != (&name, rtype));
        state.say_to.push((name, rtype, say));
        drop(state);
        self
    }

    /// Drops every packet about this zone, as servers do that do not serve it.
    pub fn drop_zone(&self, apex: &str) -> &Self {
        self.state().dropped.push(apex.parse().unwrap());
        self
    }

    /// How long it takes for everything: the round trip of a test.
    pub fn delay(&self, delay: Duration) -> &Self {
        self.state().delay = delay;
        self
    }

    /// Over streams: hangs up after each reply.
    pub fn close_after_reply(&self) -> &Self {
        self.state().close_after_reply = true;
        self
    }

    /// Every packet so far, in order.
    pub fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// How many packets came.
    pub fn packets(&self) -> usize {
        let state = self.state();
        state.seen.len() + state.counted
    }

    /// How many packets asked this.
    pub fn asked(&self, name: &str, rtype: &str) -> usize {
        let (name, rtype): (Name, RecordType) = (name.parse().unwrap(), rtype.parse().unwrap());
        self.state().seen.iter().filter(|seen| seen.name == name && seen.rtype == rtype).count()
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.state().connections
    }

    /// Forgets what was seen.
    pub fn forget(&self) -> &Self {
        self.state().seen.clear();
        self
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}
