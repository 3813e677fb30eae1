//! Protection of what `local` alone serves from the pages of other sites.
//!
//! A page anywhere can have a browser on this machine ask `127.0.0.1`, and by DNS rebinding even read the answer under
//! a name of its own. Neither works where the name that was asked for, and the page that asks, must be our own. The
//! calls of the API are exempt: they answer as they do when deployed.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::json;

/// The names by which `local` may be asked.
#[derive(Debug)]
pub struct Names {
    given: String,
    listened: IpAddr,
}

impl Names {
    /// Returns the names of a listener that was told to listen on `host` and does so on `address`.
    #[must_use]
    pub fn new(host: &str, address: SocketAddr) -> Self {
        Self { given: host.to_owned(), listened: address.ip() }
    }

    /// Returns `router`, whose paths that `local` alone serves answer 403 to foreign hosts and origins.
    pub fn guard(self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(Arc::new(self), refuse_foreign))
    }

    /// Returns whether a `Host` is one of ours. Its port does not matter: it may be forwarded, and rebinding changes
    /// the address behind a name, never the name.
    ///
    /// Whoever listens on all addresses is asked by any of them: an address is no name that could be rebound.
    fn include(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        if authority.as_str().contains('@') {
            return false;
        }
        let name = authority.host().trim_start_matches('[').trim_end_matches(']');
        match name.parse::<IpAddr>() {
            Ok(address) => {
                address.is_loopback() || address == self.listened || self.listened.is_unspecified()
            }
            Err(_) => name.eq_ignore_ascii_case("localhost") || name.eq_ignore_ascii_case(&self.given),
        }
    }

    /// Returns whether a request asks for one of our names, and comes from no page or from one of ours.
    fn admit(&self, headers: &HeaderMap) -> bool {
        let Some(host) = one(headers, &HOST) else { return false };
        let own_page = match headers.get_all(ORIGIN).iter().count() {
            0 => true,
            _ => one(headers, &ORIGIN)
                .and_then(|origin| origin.strip_prefix("http://"))
                .is_some_and(|asker| asker.eq_ignore_ascii_case(host)),
        };
        self.include(host) && own_page
    }
}

/// Returns the value of a header that is there exactly once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Returns whether `path` is one that exists here and nowhere else.
fn is_local_alone(path: &str) -> bool {
    path == "/" || path == "/openapi.yaml" || path.starts_with("/_local")
}

async fn refuse_foreign(State(names): State<Arc<Names>>, request: Request, next: Next) -> Response {
    if is_local_alone(request.uri().path()) && !names.admit(request.headers()) {
        let message =
            "This is for pages and programs of this machine: the Host or the Origin is a foreign one";
        return (StatusCode::FORBIDDEN, Json(json!({ "message": message }))).into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(names: &Names, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        names.admit(&headers)
    }

    #[test]
    fn only_our_own_names_are_answered() {
        let loopback = Names::new("127.0.0.1", "127.0.0.1:3000".parse().unwrap());
        for host in ["127.0.0.1:3000", "localhost:3000", "LOCALHOST", "[::1]:3000", "127.0.0.1:8080"] {
            assert!(admitted(&loopback, host, None), "{host}");
        }
        for host in
            ["example.com", "localhost.example.com:3000", "192.0.2.1:3000", "a@localhost:3000", "", "127.1"]
        {
            assert!(!admitted(&loopback, host, None), "{host}");
        }
        let named = Names::new("dev.internal", "192.0.2.1:3000".parse().unwrap());
        assert!(admitted(&named, "dev.internal:3000", None) && admitted(&named, "192.0.2.1:3000", None));
        assert!(!admitted(&named, "192.0.2.2:3000", None));
    }

    #[test]
    fn who_listens_on_every_address_is_asked_by_address_and_by_no_foreign_name() {
        for (host, address) in [("0.0.0.0", "0.0.0.0:3000"), ("::", "[::]:3000")] {
            let names = Names::new(host, address.parse().unwrap());
            assert!(admitted(&names, "192.0.2.1:3000", None) && admitted(&names, "[2001:db8::1]:3000", None));
            assert!(admitted(&names, "localhost:3000", None));
            assert!(!admitted(&names, "rebound.example.com:3000", None));
        }
    }

    #[test]
    fn only_a_page_of_the_very_host_may_ask() {
        let names = Names::new("127.0.0.1", "127.0.0.1:3000".parse().unwrap());
        assert!(admitted(&names, "localhost:3000", Some("http://localhost:3000")));
        for origin in [
            "null",
            "http://localhost:5173",
            "http://127.0.0.1:3000",
            "https://localhost:3000",
            "http://example.com",
        ] {
            assert!(!admitted(&names, "localhost:3000", Some(origin)), "{origin}");
        }
    }

    #[test]
    fn a_host_or_an_origin_that_is_there_twice_is_foreign() {
        let names = Names::new("127.0.0.1", "127.0.0.1:3000".parse().unwrap());
        for (name, value) in [(HOST, "localhost"), (ORIGIN, "http://localhost")] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, "localhost".parse().unwrap());
            headers.insert(ORIGIN, "http://localhost".parse().unwrap());
            assert!(names.admit(&headers));
            headers.append(name, value.parse().unwrap());
            assert!(!names.admit(&headers));
        }
        assert!(!names.admit(&HeaderMap::new()));
    }
}
