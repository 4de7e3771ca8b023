//! What is drawn at random, and what must hold of it.

mod calendar;
mod growth;
mod order;
mod parts;
mod promise;
