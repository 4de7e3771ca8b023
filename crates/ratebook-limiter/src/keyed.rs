//! Many accounts of one kind, one for each tenant.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::{DefaultHashBuilder, HashTable};
use ratebook::Calls;

use crate::account::Account;
use crate::builder::AccountBuilder;
use crate::cost::Cost;
use crate::enforced_limit::{FoundLimits, Target};
use crate::find_limits;
use crate::model::{Handle, Model};
use crate::permit::OwnedPermit;
use crate::refusal::{Error, Refused};
use crate::route::AdmissionPolicy;
use crate::settings::Settings;
use crate::state::Pools;
use crate::telemetry::Recorder;

const SHARDS: usize = 64;

type Shard<K> = HashTable<(K, Model)>;

/// Accounts that are alike, by key: tenants who each have an account of their own at the vendor, or a limit of their
/// own. Each is made when its first call comes; those that remember nothing are dropped by [`drop_idle`](Self::drop_idle).
/// Tenants who draw from one account, each a share of its limits at most, are [`Account::tenant`]s instead.
///
/// Metrics and events tell of all tenants together: see [`telemetry`](crate::telemetry).
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
    found: FoundLimits,
    /// The pools of every tenant's account, which are made in the same policy.
    names: Arc<Pools>,
    policy: AdmissionPolicy,
    /// All tenants are told of together.
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

/// A key and its borrowed form hash alike, as `Borrow` asks.
impl<K: Hash + Eq> Keyed<K> {
    /// Accounts as the builder says, for calls of one model.
    ///
    /// # Errors
    /// As [`AccountBuilder::build`] and [`Account::model`].
    pub fn new(account: AccountBuilder, model: &str) -> Result<Self, Error> {
        let mut settings = account.settings()?;
        settings.label.is_keyed = true;
        let settings = Arc::new(settings);
        let target = Target { model, task: None, calls: Calls::All, class: None, tenant: None };
        let found = find_limits::limits(&settings, &target)?;
        let policy = AdmissionPolicy { exceeds_guarantees: settings.exceeds_guarantees, shadow: settings.shadow };
        let shards = (0..SHARDS).map(|_| Mutex::new(HashTable::new())).collect();
        let any = Account::new(Arc::clone(&settings));
        let model = Model::of_rules(&any, &found, policy, None);
        let (recorder, handle) = (model.route.recorder.clone(), model.handle);
        let names = Arc::new(any.0.pools());
        Ok(Self { settings, found, names, policy, recorder, handle, hasher: DefaultHashBuilder::default(), shards })
    }

    /// Admits a call of a tenant now, or says why not.
    ///
    /// # Errors
    /// [`Refused`], with the limit that is in the way.
    pub fn try_acquire<Q>(&self, key: &Q, cost: Cost) -> Result<OwnedPermit, Refused>
    where
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
        K: Borrow<Q>,
    {
        self.with(key, |model| model.try_acquire_owned(cost))
    }

    /// Charges a call of a tenant that is not settled, and holds no place, or says why not: the quickest way.
    ///
    /// # Errors
    /// [`Refused`], with the limit that is in the way.
    #[inline]
    pub fn try_charge<Q>(&self, key: &Q, cost: Cost) -> Result<(), Refused>
    where
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
        K: Borrow<Q>,
    {
        self.with(key, |model| model.try_acquire(cost).map(drop))
    }

    /// The handle of a tenant, to wait by; its account is made where it is new.
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
        // The table takes the low and the top bits of the hash for itself.
        let shard = &self.shards[(hash >> 40) as usize % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, model)) = shard.find(hash, |(known, _)| known.borrow() == key) {
            return run(model);
        }
        let model = self.meter_spec();
        let result = run(&model);
        shard.insert_unique(hash, (key.to_owned(), model), |(known, _)| self.hasher.hash_one(known.borrow()));
        result
    }

    fn meter_spec(&self) -> Model {
        let account = Account::new(Arc::clone(&self.settings));
        let model = Model::of_rules(&account, &self.found, self.policy, Some(&self.recorder));
        account.0.share_names(&self.names);
        Model { handle: Arc::clone(&self.handle), ..model }
    }

    /// Drops the accounts that remember nothing and that nobody else holds; how many there were.
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

    /// How many accounts there are.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory that all accounts take, without what the keys hold on the heap.
    pub fn memory_bytes(&self) -> usize {
        let of_shard = |shard: &Mutex<Shard<K>>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let accounts: usize = shard.iter().map(|(_, model)| model.memory_bytes()).sum();
            accounts + shard.allocation_size()
        };
        self.shards.iter().map(of_shard).sum::<usize>() + size_of_val(&*self.shards)
    }
}
