//! Waiting rooms: a bound on the number of calls that wait for admission, per model.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ratebook_limiter::Model;

/// The waiting room of the model is full: see [`LimitLayer::waiting_room`](crate::tower::LimitLayer::waiting_room).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitingRoomFull {
    /// Number of calls that may wait in the room.
    pub capacity: usize,
}

impl fmt::Display for WaitingRoomFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the waiting room is full: {} calls of the model are waiting", self.capacity)
    }
}

impl std::error::Error for WaitingRoomFull {}

/// The waiting rooms of a layer. Clones share their state.
#[derive(Clone)]
pub(crate) struct WaitingRooms {
    /// Capacity of each room, in calls.
    capacity: usize,
    /// Number of waiting calls by room. Empty rooms have no entry.
    waiting: Arc<Mutex<HashMap<WaitingRoomKey, usize>>>,
}

/// Identifies a waiting room: equal model handles share a room, unless the room has a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct WaitingRoomKey {
    pub(crate) model: Model,
    pub(crate) name: Option<Arc<str>>,
}

/// A waiting call's slot in a room. Dropping it frees the slot.
pub(crate) struct WaitingSlot {
    waiting_rooms: WaitingRooms,
    key: WaitingRoomKey,
}

impl WaitingRooms {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { capacity, waiting: Arc::default() }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<WaitingRoomKey, usize>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a slot in a room.
    pub(crate) fn enter(&self, key: WaitingRoomKey) -> Result<WaitingSlot, WaitingRoomFull> {
        let mut waiting = self.waiting();
        let calls = waiting.get(&key).copied().unwrap_or(0);
        if calls >= self.capacity {
            return Err(WaitingRoomFull { capacity: self.capacity });
        }
        waiting.insert(key.clone(), calls + 1);
        Ok(WaitingSlot { waiting_rooms: self.clone(), key })
    }
}

impl fmt::Debug for WaitingRooms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitingRooms").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

impl Drop for WaitingSlot {
    fn drop(&mut self) {
        let mut waiting = self.waiting_rooms.waiting();
        if let Some(calls) = waiting.get_mut(&self.key) {
            *calls -= 1;
            if *calls == 0 {
                waiting.remove(&self.key);
            }
        }
    }
}
