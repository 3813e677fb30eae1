//! Headers that are believed: the viewer's address behind an origin's secret, and the token of an app.

use std::cell::OnceCell;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lambda_http::http::{HeaderMap, HeaderValue};
use local::app_check::Issuer;
use local::clock::Clock as LocalClock;
use serde_json::Value;
use shared::attestation::ProjectNumber;
use shared::attestation::{APP_CHECK, AttestationGate, AttestationMode, AttestationSettings, Presented};
use shared::clock::{Clock, Deadline, Moment};
use shared::domain::address::SourceNetwork;
use shared::error::Error;
use shared::front_door::{FrontDoor, ORIGIN_SECRET, OriginSecrets, VIEWER_ADDRESS};
use shared::https::Https;
use shared::trace::Trace;
use tests::service::NOON;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// A secret that the origin may have.
const SECRET: &str = "the-secret-of-an-origin-that-nobody-has";

/// The number of the project whose apps are attested.
const PROJECT: &str = "123456789";

/// The place of the issuer's address, which is another one each time, in claims.
const ISSUER: &str = "ISSUER";

thread_local! {
    static GATE: OnceCell<Gate> = const { OnceCell::new() };
}

/// Reads the address of a viewer that `value` says.
pub(crate) fn viewer(value: &[u8]) -> bool {
    let Ok(value) = HeaderValue::from_bytes(value) else { return false };
    let door = FrontDoor::Gated(OriginSecrets::parse(SECRET).expect("a secret"));
    let admit = |value: HeaderValue| {
        let secret = HeaderValue::from_static(SECRET);
        let headers = [(ORIGIN_SECRET, secret), (VIEWER_ADDRESS, value)];
        let headers = headers.map(|(name, value)| (name.parse().expect("a name"), value));
        door.admit(&HeaderMap::from_iter(headers), None).expect("the secret was brought")
    };
    let Some(address) = admit(value.clone()) else { return true };
    let said = value.to_str().expect("an address is text");
    let port = said.rsplit(':').next().expect("a port");
    assert!(port.parse::<u16>().is_ok(), "{said}");
    assert_eq!(admit(format!("{address}:443").parse().expect("text")), Some(address), "{said}");
    let network = SourceNetwork::of(address);
    match (address.to_canonical(), network.as_bytes()) {
        (IpAddr::V4(address), [4, rest @ ..]) => assert_eq!(rest, address.octets()),
        (IpAddr::V6(address), [6, rest @ ..]) => assert_eq!(rest, &address.octets()[..8]),
        other => panic!("{said}: {other:?}"),
    }
    true
}

/// Presents a token that nobody signed: it is never accepted.
pub(crate) fn token(value: &[u8]) -> bool {
    let Ok(value) = HeaderValue::from_bytes(value) else { return false };
    GATE.with(|gate| {
        let admitted = gate.get_or_init(Gate::open).admits(value.clone());
        assert!(!admitted, "{value:?}");
    });
    true
}

/// Presents a token with the header of the first line and the claims of the second, which the issuer signed whatever they
/// say: it is accepted if they are those of an app of this project, and of now.
pub(crate) fn signed_token(text: &str) -> bool {
    let json = |line: &str| serde_json::from_str::<Value>(line).ok();
    GATE.with(|gate| {
        let gate = gate.get_or_init(Gate::open);
        let text = text.replace(ISSUER, &gate.issuer.url());
        let Some((header, claims)) = text.split_once('\n') else { return false };
        let Some((header, claims)) = json(header).zip(json(claims)) else { return false };
        let token = gate.issuer.sign(&header, &claims);
        let good = token.len() <= 4_096 && gate.vouches(&header, &claims);
        let admitted = gate.admits(token.parse().expect("base64url"));
        assert_eq!(admitted, good, "{header} {claims}");
        // Its signature is good for nothing else.
        let (signed, signature) = token.rsplit_once('.').expect("three parts");
        let other = format!("{}.{signature}", signed.trim_end_matches(|c: char| c.is_ascii_alphanumeric()));
        assert!(!gate.admits(other.parse().expect("base64url")), "{other}");
        true
    })
}

/// The gate for apps, and the issuer that it trusts.
struct Gate {
    runtime: Runtime,
    issuer: Issuer,
    attestation: Arc<AttestationGate>,
    clock: Clock,
}

impl Gate {
    fn open() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let clock = Clock::reading(|| SystemTime::UNIX_EPOCH + Duration::from_secs(NOON));
        let (issuer, attestation) = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let time = LocalClock::manual(NOON).0;
            let issuer = Issuer::start(listener, time, std::future::pending()).expect("an issuer");
            let project = ProjectNumber::parse(PROJECT).expect("a number");
            let settings =
                AttestationSettings { project, mode: AttestationMode::Require, base_url: issuer.url() };
            let https = Https::new(None).expect("a client");
            let gate = AttestationGate::open(settings, &https, clock.now().timestamp).await;
            (issuer, Arc::new(gate))
        });
        let opened = Self { runtime, issuer, attestation, clock };
        assert!(opened.admits(opened.issuer.token(PROJECT).parse().expect("text")), "a good token");
        opened
    }

    fn admits(&self, token: HeaderValue) -> bool {
        let headers = HeaderMap::from_iter([(APP_CHECK.parse().expect("a name"), token)]);
        let moment = Moment {
            arrived: self.clock.now(),
            came: tokio::time::Instant::now(),
            deadline: Deadline::after(Duration::from_mins(1)),
        };
        let presented = Presented::to(Some(&self.attestation), &headers);
        match self.runtime.block_on(presented.admit(moment, &Trace::of("a request"))) {
            Ok(()) => true,
            Err(Error::AttestationRequired) => false,
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Says by the rules alone, without the types of the gate, whether a token of these is good.
    fn vouches(&self, header: &Value, claims: &Value) -> bool {
        let is_absent = |value: &Value| value.is_null();
        let header_is_good = header["alg"] == "RS256"
            && header["typ"] == "JWT"
            && header["kid"] == "development-1"
            && is_absent(&header["crit"]);
        let strings = |value: &Value| value.as_array().is_some_and(|all| all.iter().all(Value::is_string));
        let (exp, iat, nbf) = (claims["exp"].as_i64(), claims["iat"].as_i64(), &claims["nbf"]);
        let now = i64::try_from(NOON).expect("a time");
        let begun = |time: i64| time <= now + 30;
        header_is_good
            && claims["iss"] == format!("{}/{PROJECT}", self.issuer.url())
            && strings(&claims["aud"])
            && claims["aud"].as_array().is_some_and(|all| all.contains(&format!("projects/{PROJECT}").into()))
            && claims["sub"].as_str().is_some_and(|sub| !sub.is_empty())
            && exp.is_some_and(|exp| exp > now - 30)
            && iat.is_some_and(begun)
            && (is_absent(nbf) || nbf.as_i64().is_some_and(begun))
    }
}
