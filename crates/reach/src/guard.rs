//! Names become addresses here, and only those that may be connected to come out.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use crate::networks::may_reach;

/// Resolves names of hosts.
#[async_trait]
pub trait Names: Send + Sync {
    /// The addresses of a host, best first.
    ///
    /// # Errors
    /// The name does not resolve.
    async fn addresses(&self, host: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// The system's resolver, with its hosts file.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn addresses(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// A host whose addresses are all private.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{host}` is at {address}, a private address; `--allow-private-targets` names networks that may be reached")]
pub struct PrivateTarget {
    /// The host as the URL has it.
    pub host: String,
    /// Its first address.
    pub address: IpAddr,
}

/// A host that is out there, where what is said without TLS can be read on the way.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{host}` has a public address: credentials are not sent there without TLS, use https://")]
pub struct PublicTarget {
    /// The host as the URL has it.
    pub host: String,
}

/// What lets through only addresses that may be connected to.
#[derive(Clone)]
pub struct Guard {
    names: Arc<dyn Names>,
    allowed: Arc<[IpNet]>,
    /// Whether public addresses are refused as well.
    inside: bool,
}

impl Guard {
    /// A guard that lets through public addresses, and private ones in the networks allowed.
    #[must_use]
    pub fn new(names: Arc<dyn Names>, allowed: &[IpNet]) -> Self {
        Self { names, allowed: allowed.into(), inside: false }
    }

    /// The same for what is secret and goes without TLS: it lets through private addresses alone, those that are allowed.
    #[must_use]
    pub(crate) fn inside(&self) -> Self {
        Self { inside: true, ..self.clone() }
    }

    /// The addresses of a name that may be connected to; at least one.
    ///
    /// # Errors
    /// [`PrivateTarget`] if there are none but private ones, [`PublicTarget`] if they had to be private; otherwise the name did not resolve.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let found = self.names.addresses(host).await?;
        let Some(first) = found.first().copied() else {
            return Err(format!("`{host}` has no address").into());
        };
        let reachable: Vec<IpAddr> = found.into_iter().filter(|address| may_reach(*address, &self.allowed)).collect();
        if reachable.is_empty() {
            return Err(Box::new(PrivateTarget { host: host.to_owned(), address: first }));
        }
        if self.inside && reachable.iter().any(|address| may_reach(*address, &[])) {
            return Err(Box::new(PublicTarget { host: host.to_owned() }));
        }
        Ok(reachable)
    }

    /// Checks an address that is written out: nothing resolves it.
    ///
    /// # Errors
    /// It is private.
    pub fn literal(&self, address: IpAddr) -> Result<(), PrivateTarget> {
        if may_reach(address, &self.allowed) {
            Ok(())
        } else {
            Err(PrivateTarget { host: address.to_string(), address })
        }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let addresses = guard.addresses(name.as_str()).await?;
            // Port 0 stands for the port of the URL.
            Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
