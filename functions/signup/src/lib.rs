//! POST /signup
