//! Random scenarios, and what must hold of them.

mod aside;
mod calendar;
mod debt;
mod forecasts;
mod growth;
mod late;
mod order;
mod pace;
mod parts;
mod promise;
mod rules;
mod stalls;
mod undo;
