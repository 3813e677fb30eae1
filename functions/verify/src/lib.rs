//! POST /verify
