//! The context of a call: the clients and settings that it needs, made once per cold start.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::OptionFuture;
use thiserror::Error;

use crate::attestation::AttestationGate;
use crate::aws;
use crate::clock::Clock;
use crate::config;
use crate::courier::{Courier, Token};
use crate::domain::budget::Spending;
use crate::domain::limit::Bounds;
use crate::domain::mac::Pepper;
use crate::domain::policy::Policy;
use crate::domain::sms::Texts;
use crate::front_door::FrontDoor;
use crate::https::{self, Https};
use crate::random::Random;
use crate::secrets::{self, Sourced};
use crate::store::{Limits, Store};

/// The context of every call.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// Users and challenges.
    pub store: Store,
    /// The key of every MAC.
    pub pepper: Pepper,
    /// The numbers.
    pub policy: Policy,
    /// The source of the time.
    pub clock: Clock,
    /// The way in.
    pub front_door: FrontDoor,
    /// The gate for apps, before what texts and where there is one.
    pub attestation: Option<Arc<AttestationGate>>,
    /// True once a request came since the start.
    served: Arc<AtomicBool>,
}

/// The context of a call that texts.
#[derive(Debug)]
pub struct TextingContext {
    /// The context of every call.
    pub context: CallContext,
    /// The counters.
    pub limits: Limits,
    /// What texts cost, and may cost in a day.
    pub spending: Spending,
    /// The way to the phones.
    pub courier: Courier,
    /// What this app's texts are made of.
    pub texts: Texts,
    /// The source of ids, codes and salts.
    pub random: Random,
    /// The answers of send and resend leave at whole multiples of this; zero is no step.
    pub answer_step: Duration,
}

/// The context of signup.
#[derive(Debug)]
pub struct SignupContext {
    /// The context of a call that texts.
    pub texting: TextingContext,
}

/// The context of an operator's command.
#[derive(Debug)]
pub struct OperatorContext {
    /// Users and challenges.
    pub store: Store,
    /// The numbers of the deployment.
    pub policy: Policy,
    /// The source of the time.
    pub clock: Clock,
}

/// The reason why a function does not start.
#[derive(Debug, Error)]
pub enum Error {
    /// Settings are wrong.
    #[error(transparent)]
    Settings(#[from] config::InvalidSettings),
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] secrets::Error),
    /// No server can be called over HTTPS.
    #[error(transparent)]
    Https(#[from] https::Error),
}

impl CallContext {
    /// Connects to what the settings of verify name.
    ///
    /// # Errors
    /// When the HTTPS client cannot be made, or the pepper cannot be read.
    pub async fn connect(settings: config::VerifySettings, clock: Clock) -> Result<Self, Error> {
        let https = Https::new(settings.authorities.as_deref())?;
        let (client, secrets) = aws::clients(&settings.aws, &https);
        let store = Store::new(client, settings.users_table, settings.otps_table);
        let pepper = secrets.resolve(settings.pepper, config::pepper);
        let (pepper, ()) = tokio::join!(pepper, store.warm());
        Ok(Self::new(store, pepper?, settings.policy, clock, settings.front_door))
    }

    fn new(store: Store, pepper: Pepper, policy: Policy, clock: Clock, front_door: FrontDoor) -> Self {
        Self { store, pepper, policy, clock, front_door, attestation: None, served: Arc::default() }
    }

    /// Returns whether the request that asks is the first since the start.
    pub(crate) fn is_cold(&self) -> bool {
        !self.served.swap(true, Ordering::Relaxed)
    }
}

impl OperatorContext {
    /// Connects to the tables that the settings of an operator name.
    ///
    /// # Errors
    /// When the HTTPS client cannot be made.
    pub fn connect(settings: config::OperatorSettings, clock: Clock) -> Result<Self, Error> {
        let https = Https::new(settings.authorities.as_deref())?;
        let (client, _) = aws::clients(&settings.aws, &https);
        let store = Store::new(client, settings.users_table, settings.otps_table);
        Ok(Self { store, policy: settings.policy, clock })
    }
}

impl TextingContext {
    /// Connects to what the settings of send and resend name: opens the connections to DynamoDB and to Courier, and
    /// fetches the keys of attestation, while the secrets are read, one after the other over one connection.
    ///
    /// # Errors
    /// When the HTTPS client cannot be made, or a secret cannot be read.
    pub async fn connect(settings: config::TextingSettings, clock: Clock) -> Result<Self, Error> {
        let config::TextingSettings { base, account, token, .. } = settings;
        let https = Https::new(base.authorities.as_deref())?;
        let (client, secrets) = aws::clients(&base.aws, &https);
        let limits = Limits::new(client.clone(), settings.limits_table);
        let store = Store::new(client, base.users_table, base.otps_table);
        let source = match &token {
            Sourced::Given(_) => None,
            Sourced::Secret(arn) => Some((secrets.clone(), arn.clone())),
        };
        let read = async {
            let pepper = secrets.resolve(base.pepper, config::pepper).await?;
            let token = secrets.resolve(token, Token::parse).await?;
            Ok::<_, secrets::Error>((pepper, token))
        };
        let gate = settings.attestation;
        let gate = gate.map(|gate| AttestationGate::open(gate, &https, clock.now().timestamp));
        let gate = OptionFuture::from(gate);
        let (read, (), (), gate) = tokio::join!(read, store.warm(), account.warm(&https), gate);
        let (pepper, token) = read?;
        let context = CallContext::new(store, pepper, base.policy, clock.clone(), base.front_door);
        Ok(Self {
            context: CallContext { attestation: gate.map(Arc::new), ..context },
            limits,
            spending: settings.spending,
            courier: Courier::new(https, account, token, source, clock),
            texts: settings.texts,
            random: Random::system(),
            answer_step: settings.answer_step,
        })
    }

    /// Returns the numbers by which codes are limited.
    pub(crate) fn bounds(&self) -> Bounds<'_> {
        let CallContext { pepper, policy, .. } = &self.context;
        Bounds { pepper, policy, spending: &self.spending }
    }
}

impl SignupContext {
    /// Connects to what the settings of signup name, and builds the tables that judge phones and passwords:
    /// during the start Lambda lends a whole core.
    ///
    /// # Errors
    /// When the HTTPS client cannot be made, or a secret cannot be read.
    pub async fn connect(settings: config::SignupSettings, clock: Clock) -> Result<Self, Error> {
        let tables = tokio::task::spawn_blocking(|| {
            crate::domain::phone::warm();
            crate::domain::password::warm();
        });
        let texting = TextingContext::connect(settings.texting, clock).await?;
        // A panic in there would only mean that the tables are built at their first use.
        let _ = tables.await;
        Ok(Self { texting })
    }
}
