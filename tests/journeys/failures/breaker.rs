//! While Courier is down nobody is kept waiting for it, and nobody's codes are used up. (25)

use local::courier::{Behaviour, Delay, Script};
use tests::proxy::Operation;
use tests::runtime::until;
use tests::service::Service;

use super::{ADA, BOB, EVE};

/// A service in which `send` has just learned, at the cost of `eve`'s code, that Courier is down.
async fn tripped(settings: &[(&str, &str)]) -> Service {
    let service = Service::with(settings).await;
    for (name, number) in [("ada", ADA), ("bob", BOB), ("eve", EVE)] {
        service.user_of_yesterday(name, number).await;
    }
    service.courier().play(Script::always(Behaviour::answer(503)));
    service
}

async fn trip(service: &Service) {
    assert_eq!(service.send("eve").await.outcome(), "503 sms_unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_tried_or_counted_while_courier_is_down() {
    let service = tripped(&[]).await;
    trip(&service).await;
    service.sweep();
    let (before, asked) = (service.everything().await, service.courier().keys().len());
    for (seconds, left) in [(0, 30), (29, 1)] {
        service.tick(seconds);
        for name in ["ada", "bob", "eve", "nobody"] {
            let refused = service.send(name).await;
            assert_eq!(
                (refused.outcome().as_str(), refused.retry_after()),
                ("503 sms_unavailable", left),
                "{name}"
            );
        }
    }
    assert_eq!(service.everything().await, before);
    assert_eq!(service.courier().keys().len(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_half_a_minute_one_tries_again_and_the_others_wait_for_it() {
    let service = tripped(&[]).await;
    trip(&service).await;
    service.tick(30);
    service.courier().play(Script::default());
    let write = service.proxy.hold(Operation::TransactWriteItems);
    let (ada, ()) = tokio::join!(service.send("ada"), async {
        write.arrived(1).await;
        assert_eq!(service.send("bob").await.outcome(), "503 sms_unavailable");
        write.release();
    });
    assert_eq!(ada.outcome(), "202 OTP sent successfully");
    assert_eq!(service.send("bob").await.outcome(), "202 OTP sent successfully");
}

/// A text may take eight seconds to fail, and then nothing is known of Courier for half a minute all the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_half_minute_begins_with_the_failure() {
    let service = tripped(&[]).await;
    let asked = service.courier().keys().len();
    service.courier().play(Script { delay: Delay::of(100), ..Script::always(Behaviour::answer(503)) });
    let (eve, ()) = tokio::join!(service.send("eve"), async {
        until("Courier is asked", || service.courier().keys().len() > asked).await;
        service.tick(8);
    });
    assert_eq!((eve.outcome().as_str(), eve.retry_after()), ("503 sms_unavailable", 30));
    let asked = service.courier().keys().len();
    for (seconds, left) in [(0, 30), (29, 1)] {
        service.tick(seconds);
        let refused = service.send("ada").await;
        assert_eq!((refused.outcome().as_str(), refused.retry_after()), ("503 sms_unavailable", left));
    }
    assert_eq!(service.courier().keys().len(), asked);
    service.tick(1);
    assert_eq!(service.send("ada").await.outcome(), "503 sms_unavailable");
    assert!(service.courier().keys().len() > asked, "Courier is tried again");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_is_refused_gives_the_try_back() {
    let service = tripped(&[("CODES_PER_PHONE_PER_DAY", "1")]).await;
    service.courier().play(Script::default());
    assert_eq!(service.send("ada").await.status, 202);
    service.tick(600);
    service.courier().play(Script::always(Behaviour::answer(503)));
    trip(&service).await;
    service.tick(30);
    service.courier().play(Script::default());
    assert_eq!(service.send("ada").await.outcome(), "429 rate_limited");
    assert_eq!(service.send("bob").await.outcome(), "202 OTP sent successfully");
}
