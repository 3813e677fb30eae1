//! POST /send
