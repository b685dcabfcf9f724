//! A proxy in front of a database server that breaks connections where no server would on demand: round a commit.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// How PostgreSQL's protocol and MySQL's end a message that asks for a commit.
const COMMITS: [&[u8]; 2] = [b"COMMIT\0", b"\x03COMMIT"];

/// One in so many commits is cut off, once a run has begun: a connection that breaks before that is told at once.
const ONE_IN: usize = 7;
const BEGINNING: usize = 30;

/// Where the connection breaks, as the client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The server never hears of the commit.
    Before,
    /// The server commits, and its answer is lost.
    After,
    /// The client sees the connection break, and the server gets the commit a while later.
    BeforeALate,
}

pub struct Proxy {
    url: String,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    commits: AtomicUsize,
    /// The one commit to be cut off, where it is not some of them.
    only: AtomicUsize,
    cuts: AtomicUsize,
}

impl Proxy {
    /// Listens until the end of the test program.
    pub fn in_front_of(url: &str, cut: Cut) -> Self {
        let (before, server, database) = parts(url);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let here = listener.local_addr().expect("an address");
        let counts = Arc::new(Counts::default());
        let counting = Arc::clone(&counts);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (server, counts) = (connect(server), Arc::clone(&counting));
                pass_on(client, server, cut, counts);
            }
        });
        Self { url: format!("{before}@{here}/{database}"), counts }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Lets another run begin undisturbed.
    pub fn begin_anew(&self) {
        self.counts.commits.store(0, Ordering::SeqCst);
    }

    /// Cuts off the commit with this number from now on, and no other.
    pub fn cut_only(&self, number: usize) {
        self.counts.only.store(number, Ordering::SeqCst);
        self.begin_anew();
    }

    /// How many connections were broken.
    pub fn cuts(&self) -> usize {
        self.counts.cuts.load(Ordering::SeqCst)
    }
}

/// The URL before the address, the address, and the database.
fn parts(url: &str) -> (&str, SocketAddr, &str) {
    let (before, rest) = url.rsplit_once('@').expect("a user");
    let (address, database) = rest.split_once('/').expect("a database");
    (before, address.parse().expect("an address"), database)
}

fn connect(server: SocketAddr) -> TcpStream {
    let server = TcpStream::connect(server).expect("the server is there");
    server.set_nodelay(true).expect("a socket");
    server
}

fn pass_on(client: TcpStream, server: TcpStream, cut: Cut, counts: Arc<Counts>) {
    client.set_nodelay(true).expect("a socket");
    let (from_client, from_server) = (client.try_clone().expect("a socket"), server.try_clone().expect("a socket"));
    thread::spawn(move || copy(from_server, client));
    thread::spawn(move || copy_with_cuts(from_client, server, cut, &counts));
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    close(&from);
    close(&to);
}

/// Passes on what the client says, until it wants to commit once too often.
fn copy_with_cuts(mut client: TcpStream, mut server: TcpStream, cut: Cut, counts: &Counts) {
    let mut buffer = [0; 64 * 1024];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let said = &buffer[..length];
        let is_commit = COMMITS.iter().any(|commit| said.ends_with(commit));
        let commits = counts.commits.fetch_add(usize::from(is_commit), Ordering::SeqCst);
        let is_due = match counts.only.load(Ordering::SeqCst) {
            0 => commits > BEGINNING && commits.is_multiple_of(ONE_IN),
            only => commits + 1 == only,
        };
        if is_commit && is_due {
            counts.cuts.fetch_add(1, Ordering::SeqCst);
            return break_round(&client, &mut server, said, cut);
        }
        if server.write_all(said).is_err() {
            break;
        }
    }
    close(&client);
    close(&server);
}

fn break_round(client: &TcpStream, server: &mut TcpStream, commit: &[u8], cut: Cut) {
    match cut {
        Cut::Before => close(client),
        Cut::After => {
            // The answer goes nowhere: whoever would pass it on finds the client gone.
            close(client);
            let _ = server.write_all(commit);
            thread::sleep(Duration::from_millis(20));
        }
        Cut::BeforeALate => {
            close(client);
            thread::sleep(Duration::from_millis(400));
            let _ = server.write_all(commit);
            thread::sleep(Duration::from_millis(20));
        }
    }
    close(server);
}

/// It may be closed already.
fn close(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Both);
}
