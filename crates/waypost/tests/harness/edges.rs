//! Many connections, from other addresses of this machine.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpSocket;
use tokio::runtime::Builder;

/// Lets this process have so many files open, if the system agrees.
pub fn allow_open_files(count: u64) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_some_and(|current| current < count) {
        let more = maximum.map_or(count, |maximum| count.min(maximum));
        setrlimit(Resource::Nofile, Rlimit { current: Some(more), maximum }).unwrap();
        assert!(more >= count, "the system allows {more} open files, this test needs {count}");
    }
}

/// So many connections from an address of this machine. They are closed when they are dropped.
pub fn connect_from(address: Ipv4Addr, to: &str, count: usize) -> Vec<TcpStream> {
    let to: SocketAddr = to.parse().unwrap();
    let runtime = Builder::new_current_thread().enable_io().build().unwrap();
    runtime.block_on(async {
        let mut connections = Vec::new();
        for _ in 0..count {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind((address, 0).into()).unwrap();
            let stream = socket.connect(to).await.unwrap().into_std().unwrap();
            stream.set_nonblocking(false).unwrap();
            connections.push(stream);
        }
        connections
    })
}
