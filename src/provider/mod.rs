//! Whose service does a record point to?
