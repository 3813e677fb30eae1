//! A function sleeps between requests, and meanwhile the network forgets its connections. (42)

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::secrets::{Secrets, boot_to, courier, text};

/// A way to a server. A connection that it has forgotten stays open at both ends, and carries nothing.
struct Way {
    address: SocketAddr,
    opened: watch::Sender<usize>,
    forgotten: watch::Sender<usize>,
}

impl Way {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (opened, forgotten) = (watch::Sender::new(0), watch::Sender::new(0));
        let (counter, forgetting) = (opened.clone(), forgotten.clone());
        tokio::spawn(async move {
            while let Ok((mut here, _)) = listener.accept().await {
                let nth = *counter.borrow();
                counter.send_modify(|opened| *opened += 1);
                let mut forgotten = forgetting.subscribe();
                tokio::spawn(async move {
                    let mut there = TcpStream::connect(server).await.unwrap();
                    let forgotten = async { drop(forgotten.wait_for(|forgotten| *forgotten > nth).await) };
                    tokio::select! {
                        _ = copy_bidirectional(&mut here, &mut there) => {}
                        () = forgotten => std::future::pending().await,
                    }
                });
            }
        });
        Self { address, opened, forgotten }
    }

    fn opened(&self) -> usize {
        *self.opened.borrow()
    }

    /// Forgets every connection that there is.
    fn forget(&self) {
        self.forgotten.send_replace(self.opened());
    }
}

/// Lets time pass for timers alone.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn no_try_is_lost_on_a_connection_to_courier_that_lay_idle() {
    let (secrets, courier) = (Secrets::start(["token"]).await, courier("token").await);
    let way = Way::to(courier.address()).await;
    let texting = boot_to(&secrets, way.address).await.unwrap();
    assert_eq!((text(&texting).await.tries, way.opened()), (1, 1), "the start opened it");
    pass(Duration::from_secs(14)).await;
    assert_eq!((text(&texting).await.tries, way.opened()), (1, 1), "it is still trusted");
    pass(Duration::from_secs(16)).await;
    way.forget();
    assert_eq!((text(&texting).await.tries, way.opened()), (1, 2), "it is trusted no longer");
}
