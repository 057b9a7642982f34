//! The complaint desk: what happens after a decision, and how a complaint becomes one.
//!
//! In the order in which a complaint travels:
//!
//! 1. [`intake`] writes it down, with a number, before it is acknowledged.
//! 2. [`work`] lets the engine decide, sends the ticket where it belongs, and watches its clocks: durable jobs, done once.
//! 3. [`ticket`] is its way from acceptance to the archive, as a history of events; [`record`] is that history in the store.
//! 4. [`assign`] says where a ticket goes, and who works on it.
//! 5. [`clock`] says when what is due.
//! 6. [`relate`] finds what belongs together, [`incident`] and [`incidents`] what many complain about.
//! 7. [`attachments`] keeps the files that come with it.
//! 8. `outbox` writes who is to hear of what, in the transaction of what happened; [`notify`] says and sends it, [`webhooks`] and
//!    [`mail`] are who hears.
//! 9. [`browse`], [`customers`] and [`notices`] show it to people, [`customer`] to whoever complained.
//! 10. [`feedback`] brings back what people corrected, as rows to train on and as figures.
//!
//! Who may do what is [`access`]; over the store it is [`accounts`], [`keys`], [`people`] and [`audit`]. What must not be read is
//! sealed by [`seal`]; [`reseal`] brings it all under a new key. [`receipts`] are what stands behind every decision.
//!
//! [`House`] is the rules of a desk, [`store`] where it keeps what it knows, [`Engine`] what it needs of the pipeline.
//! `ticket`, `assign`, `clock`, `relate`, `incident`, `access` and `seal` are pure: snapshots go in, decisions with their reasons
//! come out.

pub mod access;
pub mod accounts;
mod act;
pub mod assign;
pub mod attachments;
pub mod audit;
pub mod browse;
pub mod clock;
pub mod customer;
pub mod customers;
mod engine;
pub mod feedback;
mod house;
pub mod incident;
pub mod incidents;
pub mod intake;
pub mod keys;
pub mod mail;
pub mod notices;
pub mod notify;
mod outbox;
pub mod people;
pub mod receipts;
pub mod record;
pub mod relate;
pub mod reseal;
pub mod seal;
pub mod store;
pub mod ticket;
pub mod view;
pub mod webhooks;
pub mod work;

pub use engine::{Decisions, Engine};
pub use house::House;

use jiff::Timestamp;
use notify::{Timeouts, Webhooks};
use seal::KeyRing;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use store::{Store, queue::Work};
use tokio::sync::Notify;
use work::{Portion, Usual};

/// A desk over a store. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    house: House,
    engine: Arc<dyn Engine>,
    keys: KeyRing,
    clock: Watch,
    webhooks: Webhooks,
    doors: accounts::Doors,
    /// Rung whenever complaints were decided about.
    settled: Notify,
    /// What is usual today.
    usual: Usual,
    /// How much the engine is given at once.
    portion: Portion,
    /// The latest time that was seen, in microseconds.
    latest: AtomicI64,
    /// One bell a kind of work: rung when there is some.
    bells: [Notify; Work::ALL.len()],
}

/// What time it is. Tests have watches of their own.
pub type Watch = Arc<dyn Fn() -> Timestamp + Send + Sync>;

impl Desk {
    /// A desk that follows the rules of a house, with the system's clock.
    pub fn new(store: Store, house: House, engine: Arc<dyn Engine>, keys: KeyRing) -> Self {
        Desk::with_watch(store, house, engine, keys, Arc::new(Timestamp::now))
    }

    /// The same with another watch.
    pub fn with_watch(store: Store, house: House, engine: Arc<dyn Engine>, keys: KeyRing, clock: Watch) -> Self {
        let bells = std::array::from_fn(|_| Notify::new());
        let webhooks = Webhooks::new(house.guard.clone(), Timeouts::default());
        let (doors, settled, usual, portion) = Default::default();
        // Nobody knows by which clock others have worked on this database: the first look finds it gone back.
        let latest = AtomicI64::new(i64::MAX);
        let inner =
            Inner { store, house, engine, keys, clock, webhooks, doors, settled, usual, portion, latest, bells };
        Desk { inner: Arc::new(inner) }
    }

    pub(in crate::desk) fn webhooks(&self) -> &Webhooks {
        &self.inner.webhooks
    }

    pub(in crate::desk) fn doors(&self) -> &accounts::Doors {
        &self.inner.doors
    }

    /// Where it keeps what it knows.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Its rules.
    pub fn house(&self) -> &House {
        &self.inner.house
    }

    /// What reads and decides for it.
    pub fn engine(&self) -> &dyn Engine {
        &*self.inner.engine
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        let now = (self.inner.clock)();
        self.inner.latest.fetch_max(now.as_microsecond(), Ordering::Relaxed);
        now
    }

    /// Whether the clock stands before a time that it has shown, by more than a minute; until [`Desk::set_clock`] says that what
    /// follows from it is done.
    pub(in crate::desk) fn clock_went_back(&self, now: Timestamp) -> bool {
        const MINUTE: i64 = 60_000_000;
        now.as_microsecond() < self.inner.latest.load(Ordering::Relaxed).saturating_sub(MINUTE)
    }

    /// From now on a clock that shows this has not gone back.
    pub(in crate::desk) fn set_clock(&self, now: Timestamp) {
        self.inner.latest.store(now.as_microsecond(), Ordering::Relaxed);
    }

    pub(in crate::desk) fn usual(&self) -> &Usual {
        &self.inner.usual
    }

    pub(in crate::desk) fn portion(&self) -> &Portion {
        &self.inner.portion
    }

    pub(in crate::desk) fn keys(&self) -> &KeyRing {
        &self.inner.keys
    }

    pub(in crate::desk) fn settled(&self) -> &Notify {
        &self.inner.settled
    }

    /// Says that there is work of a kind.
    pub(in crate::desk) fn wake(&self, work: Work) {
        self.bell(work).notify_one();
    }

    pub(in crate::desk) fn bell(&self, work: Work) -> &Notify {
        &self.inner.bells[work as usize]
    }
}
