//! Waiting rooms: how many calls of one model wait at one time.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ratebook_limiter::Model;

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
    /// How many calls wait in each room that any wait in.
    taken: Arc<Mutex<HashMap<Key, usize>>>,
}

/// Which calls wait in one room: those of equal handles, parted by their rooms' names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) model: Model,
    pub(crate) name: Option<Arc<str>>,
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

    fn taken(&self) -> MutexGuard<'_, HashMap<Key, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place in a room.
    pub(crate) fn enter(&self, key: Key) -> Result<Place, RoomFull> {
        let mut taken = self.taken();
        let calls = taken.get(&key).copied().unwrap_or(0);
        if calls >= self.places {
            return Err(RoomFull { places: self.places });
        }
        taken.insert(key.clone(), calls + 1);
        Ok(Place { rooms: self.clone(), key })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.rooms.taken();
        if let Some(calls) = taken.get_mut(&self.key) {
            *calls -= 1;
            if *calls == 0 {
                taken.remove(&self.key);
            }
        }
    }
}
