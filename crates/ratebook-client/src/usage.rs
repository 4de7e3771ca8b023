//! What a reply says that its call has used.
