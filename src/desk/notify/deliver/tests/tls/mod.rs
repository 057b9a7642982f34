//! TLS, with an authority made for these tests (`authority.der`; its key was thrown away), valid until 2126.

use super::{super::*, notice, receiver::Receiver, receiver::status, run};
use crate::desk::notify::deliver::{
    guard::{Allowed, Guard},
    post::{Resolve, Resolving},
    tls::connector,
};
use std::{net::IpAddr, sync::Arc};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivatePkcs8KeyDer},
    },
};

const LIMITS: Timeouts = Timeouts { connect: Duration::from_secs(5), total: Duration::from_secs(10) };

fn acceptor() -> TlsAcceptor {
    let chain = vec![CertificateDer::from(include_bytes!("certificate.der").as_slice())];
    let key = PrivatePkcs8KeyDer::from(include_bytes!("key.der").as_slice());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key.into())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

fn test_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(include_bytes!("authority.der").as_slice())).unwrap();
    roots
}

/// Every name is loopback.
struct Loopback;

impl Resolve for Loopback {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        Box::pin(async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) })
    }
}

#[test]
fn only_a_known_authority_and_the_right_name_get_the_notice() {
    run(async {
        let public = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for (host, roots, told) in [
            ("hook.example", test_roots(), None),
            (
                "other.example",
                test_roots(),
                Some("TLS failed: invalid peer certificate: certificate not valid for name"),
            ),
            ("hook.example", public, Some("TLS failed: invalid peer certificate: UnknownIssuer")),
        ] {
            let receiver = Receiver::start_tls(vec![status(200, "")], acceptor()).await;
            let port = receiver.address.port();
            let allow = vec![Allowed::parse("127.0.0.1").unwrap()];
            let guard = Guard { ports: [port].into(), allow, ..Guard::default() };
            let webhooks = Webhooks::with(guard, LIMITS, Box::new(Loopback), connector(roots));
            let endpoint = webhooks.guard().endpoint(&format!("https://{host}:{port}/hook")).unwrap();
            let message = Outgoing { notice: &notice(), rendered: None, at: Timestamp::UNIX_EPOCH };
            let outcome = webhooks.channel(endpoint, Vec::new()).send(message).await;
            match told {
                None => {
                    assert_eq!(outcome, Outcome::Delivered);
                    assert!(receiver.requests()[0].contains(&format!("host: {host}:{port}\r\n")));
                }
                Some(told) => {
                    assert!(
                        matches!(&outcome, Outcome::Retry { reason, .. } if reason.starts_with(told)),
                        "{outcome:?}"
                    );
                    assert_eq!(receiver.requests(), [""; 0]);
                }
            }
        }
    });
}
