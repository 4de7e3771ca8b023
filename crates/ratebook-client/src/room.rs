//! Waiting rooms: how many calls of one model wait at one time.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ratebook::Provider;
use ratebook_limiter::{LimitInForce, Model};

use crate::call::provider_of;

/// More calls wait for a model than its waiting room has places: see
/// [`LimitLayer::waiting_room`](crate::tower::LimitLayer::waiting_room).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoomFull {
    /// How many calls may wait.
    pub places: usize,
}

impl fmt::Display for RoomFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} calls of the model wait already", self.places)
    }
}

impl std::error::Error for RoomFull {}

/// The waiting rooms of a layer. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Rooms {
    places: usize,
    /// Those that calls wait in: a few, so they are searched one by one.
    taken: Arc<Mutex<Vec<(Key, usize)>>>,
}

/// Which calls wait in one room: the limiter does not say whether two handles are the same, so those that are alike are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    provider: Option<Provider>,
    limits: Vec<LimitInForce>,
    name: Option<Arc<str>>,
}

impl Key {
    pub(crate) fn of(model: &Model, name: Option<Arc<str>>) -> Self {
        Self { provider: provider_of(model), limits: model.limits().collect(), name }
    }
}

/// A place in a room, until this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    rooms: Rooms,
    key: Key,
}

impl Rooms {
    pub(crate) fn of(places: usize) -> Self {
        Self { places, taken: Arc::default() }
    }

    fn taken(&self) -> MutexGuard<'_, Vec<(Key, usize)>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place in a room.
    pub(crate) fn enter(&self, key: Key) -> Result<Place, RoomFull> {
        let mut taken = self.taken();
        match taken.iter_mut().find(|(other, _)| *other == key) {
            Some((_, calls)) if *calls >= self.places => return Err(RoomFull { places: self.places }),
            Some((_, calls)) => *calls += 1,
            None if self.places == 0 => return Err(RoomFull { places: 0 }),
            None => taken.push((key.clone(), 1)),
        }
        Ok(Place { rooms: self.clone(), key })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.rooms.taken();
        if let Some(at) = taken.iter().position(|(key, _)| *key == self.key) {
            taken[at].1 -= 1;
            if taken[at].1 == 0 {
                taken.swap_remove(at);
            }
        }
    }
}
