//! What is drawn at random, and what must hold of it.

mod aside;
mod calendar;
mod debt;
mod foreseen;
mod growth;
mod late;
mod order;
mod pace;
mod parts;
mod promise;
mod stalls;
mod undo;
