//! Many accounts with the same settings, one for each key.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::account::Account;
use crate::builder::AccountBuilder;
use crate::cost::Cost;
use crate::find_limits;
use crate::model::{Handle, Model};
use crate::permit::OwnedPermit;
use crate::refusal::{Error, Refused};
use crate::resolved_limit::{FoundLimits, Target};
use crate::route::AdmissionPolicy;
use crate::settings::Settings;
use crate::state::Pools;
use crate::telemetry::{OnRefusal, Recorder};

/// The number of shards, each behind a mutex of its own.
const SHARDS: usize = 64;

/// A hash table of keys and their handles.
type Shard<K> = HashTable<(K, Model)>;

/// Accounts with the same settings, by key: for tenants that each have an account at the vendor, or a limit, of their
/// own. For tenants that share one account, see [`Account::tenant`].
///
/// An account is created by its first call. [`drop_idle`](Self::drop_idle) drops those that hold no state. Metrics and
/// events report all accounts together: see [`telemetry`](crate::telemetry).
///
/// ```
/// use ratebook::Provider;
/// use ratebook_limiter::{Account, Cost, Keyed};
///
/// let account = Account::builder(Provider::Alibaba).region("international").resolution(16);
/// let tenants: Keyed<String> = Keyed::new(account, "qwen-plus")?;
/// let permit = tenants.try_acquire("acme", Cost::tokens(400)).unwrap();
/// assert_eq!(tenants.len(), 1);
/// drop(permit);
/// # Ok::<(), ratebook_limiter::Error>(())
/// ```
pub struct Keyed<K> {
    settings: Arc<Settings>,
    /// The limits of every account.
    found: FoundLimits,
    /// The pools of every account. All accounts create the same pools in the same order, so they share the names.
    pools: Arc<Pools>,
    policy: AdmissionPolicy,
    /// Counts the calls of all accounts together.
    recorder: Recorder,
    handle: Arc<Handle>,
    hasher: DefaultHashBuilder,
    shards: Box<[Mutex<Shard<K>>]>,
}

impl<K> fmt::Debug for Keyed<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed").field("provider", &self.settings.provider.name()).finish_non_exhaustive()
    }
}

/// A key and its borrowed form have the same hash, as `Borrow` requires.
impl<K: Hash + Eq> Keyed<K> {
    /// Returns an empty set of accounts with the builder's settings, for calls of one model.
    ///
    /// # Errors
    /// Those of [`AccountBuilder::build`] and [`Account::model`].
    pub fn new(account: AccountBuilder, model: &str) -> Result<Self, Error> {
        let mut settings = account.settings()?;
        settings.label.is_keyed = true;
        let settings = Arc::new(settings);
        let target = Target::new(model, settings.clock.unix_nanos());
        let found = find_limits::limits(&settings, &target)?;
        let policy = AdmissionPolicy { exceeds_guarantees: settings.exceeds_guarantees, shadow: settings.shadow };
        let shards = (0..SHARDS).map(|_| Mutex::new(HashTable::new())).collect();
        let template = Account::new(Arc::clone(&settings));
        let model = Model::with_limits(&template, &found, policy, None);
        let (recorder, handle) = (model.route.recorder.clone(), model.handle);
        let pools = Arc::new(template.0.pools());
        Ok(Self { settings, found, pools, policy, recorder, handle, hasher: DefaultHashBuilder::default(), shards })
    }

    /// Admits a call now, or returns why not. Creates the account if the key is new.
    ///
    /// # Errors
    /// [`Refused`], with the limit that has no room for the call.
    pub fn try_acquire<Q>(&self, key: &Q, cost: Cost) -> Result<OwnedPermit, Refused>
    where
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
        K: Borrow<Q>,
    {
        self.with(key, |model| model.decide_owned(&cost, OnRefusal::GiveUp))
    }

    /// Charges a call, or returns why not. The charge cannot be settled and holds no concurrency slot. Faster than
    /// [`try_acquire`](Self::try_acquire).
    ///
    /// # Errors
    /// [`Refused`], with the limit that has no room for the call.
    #[inline]
    pub fn try_charge<Q>(&self, key: &Q, cost: Cost) -> Result<(), Refused>
    where
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
        K: Borrow<Q>,
    {
        self.with(key, |model| model.decide(&cost, OnRefusal::GiveUp).map(drop))
    }

    /// Returns the handle of a key, to wait on. Creates the account if the key is new.
    pub fn get<Q>(&self, key: &Q) -> Model
    where
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
        K: Borrow<Q>,
    {
        self.with(key, Model::clone)
    }

    #[inline]
    fn with<Q, R>(&self, key: &Q, run: impl FnOnce(&Model) -> R) -> R
    where
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
        K: Borrow<Q>,
    {
        let hash = self.hasher.hash_one(key);
        // The hash table uses the low and the top bits of the hash, so the shard uses others.
        let shard = &self.shards[(hash >> 40) as usize % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, model)) = shard.find(hash, |(known, _)| known.borrow() == key) {
            return run(model);
        }
        let model = self.new_model();
        let result = run(&model);
        shard.insert_unique(hash, (key.to_owned(), model), |(known, _)| self.hasher.hash_one(known.borrow()));
        result
    }

    fn new_model(&self) -> Model {
        let account = Account::new(Arc::clone(&self.settings));
        let model = Model::with_limits(&account, &self.found, self.policy, Some(&self.recorder));
        account.0.share_pools(&self.pools);
        Model { handle: Arc::clone(&self.handle), ..model }
    }

    /// Drops the accounts that hold no state and that no permit, ticket or handle refers to. Returns their number.
    pub fn drop_idle(&self) -> usize {
        let mut dropped = 0;
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let before = shard.len();
            shard.retain(|(_, model)| Arc::strong_count(&model.account) > 1 || !model.account().is_idle());
            dropped += before - shard.len();
            shard.shrink_to_fit(|(known, _)| self.hasher.hash_one(known));
        }
        dropped
    }

    /// Returns the number of accounts.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// Returns whether there are no accounts.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the memory that all accounts take, in bytes, without what the keys hold on the heap.
    pub fn memory_bytes(&self) -> usize {
        let of_shard = |shard: &Mutex<Shard<K>>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let accounts: usize = shard.iter().map(|(_, model)| model.memory_bytes()).sum();
            accounts + shard.allocation_size()
        };
        self.shards.iter().map(of_shard).sum::<usize>() + size_of_val(&*self.shards)
    }
}
