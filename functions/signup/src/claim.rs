//! Signups whose name is in use: a VERIFIED user keeps it, a PENDING one owns nothing.

use shared::context::{CallContext, SignupContext, TextingContext};
use shared::domain::account::AccountId;
use shared::domain::call::Call;
use shared::domain::challenge::Challenge;
use shared::domain::limit;
use shared::domain::refusal::{Cap, Refusal};
use shared::domain::user::User;
use shared::error::Error;
use shared::issuing::{CodeRequest, Decided, SignUpOutcome};
use shared::store::Met;
use shared::trace::Stage;

use super::{Input, Output};

/// The outcome of meeting the user of the name.
pub(super) enum Meeting {
    /// The call has this answer, and stores nothing.
    Answered(Output),
    /// The PENDING user gives way to the new one.
    GivesWay(Over),
}

/// The account that gives way.
pub(super) struct Over {
    pub(super) account: AccountId,
    /// True when the account that replaces it is contested: it was, or had another password.
    pub(super) contested: bool,
    /// Its newest challenge.
    pub(super) challenge: Option<Challenge>,
}

/// Stores a new account where the name is free, or in the place of `over`.
///
/// Several signups at once compare their passwords with one account, and only one of them replaces it. Each of the others
/// counts against its address.
pub(super) async fn store(
    texting: &TextingContext,
    request: CodeRequest<'_>,
    decided: Decided,
    user: &User,
    over: Option<&Over>,
) -> Result<SignUpOutcome, Error> {
    let outcome = decided.sign_up(texting, request, user, over.map(|over| over.account)).await;
    if over.is_some() && !matches!(outcome, Ok(SignUpOutcome::Committed(_))) {
        count_probe(texting, request).await?;
    }
    outcome
}

/// Decides what becomes of a signup that met the user of the name.
///
/// A repeat with its key comes before every refusal. A password is compared only if nothing else refuses, so that it
/// cannot be guessed for nothing: whoever guesses right counts against the address, and whoever guesses wrong replaces
/// the account that was guessed at, or, where that does not succeed, counts against the address too.
pub(super) async fn meet(
    signup: &SignupContext,
    request: CodeRequest<'_>,
    input: &Input,
    met: Met,
) -> Result<Meeting, Error> {
    let texting = &signup.texting;
    let Met { owner, refusal } = met;
    let answered = |newest: &Challenge| {
        request.trace.note_repeated();
        Ok(Meeting::Answered(Output::of(&owner, newest, signup, request.now())))
    };
    let remembered = match request.key {
        Some(_) => newest(texting, request, &owner).await?,
        None => None,
    };
    if let Some(newest) = &remembered
        && is_repeated(texting, request, input, &owner, newest)
    {
        return answered(newest);
    }
    if let Some(refusal) = refusal {
        if refusal == Refusal::UsernameTaken {
            count_probe(texting, request).await?;
        }
        return Err(refusal.into());
    }
    let read = async {
        match remembered {
            Some(newest) => Ok(Some(newest)),
            None => newest(texting, request, &owner).await,
        }
    };
    let compare = async {
        // The read goes out before this thread is taken.
        tokio::task::yield_now().await;
        owner.password_hash.matches(&input.password)
    };
    let (challenge, has_password) = tokio::join!(read, compare);
    let challenge = challenge?;
    let policy = &texting.context.policy;
    // A locked account, or one that can be sent no more codes, would be answered with a code that is of no use.
    let live = challenge.as_ref().filter(|newest| {
        newest.is_live(texting.context.pepper.id(), policy, request.now()) && !newest.is_locked(policy)
    });
    if let Some(newest) = live
        && has_password
        && input.has_details_of(&owner)
        && owner.is_sent_codes(request.now())
    {
        count_probe(texting, request).await?;
        return answered(newest);
    }
    let contested = owner.is_contested() || !has_password;
    Ok(Meeting::GivesWay(Over { account: owner.account, contested, challenge }))
}

/// Returns the answer to a repeat with its key while Courier is known to be down.
pub(super) async fn repeated_while_down(
    signup: &SignupContext,
    request: CodeRequest<'_>,
    input: &Input,
) -> Result<Option<Output>, Error> {
    let texting = &signup.texting;
    if request.key.is_none() {
        return Ok(None);
    }
    let load = texting.context.store.load(request.username, request.moment.deadline);
    let (owner, newest) = request.trace.stage(Stage::Load, load).await?;
    let Some((owner, newest)) = owner.filter(|owner| owner.exists(request.now())).zip(newest) else {
        return Ok(None);
    };
    if newest.account() != owner.account || !is_repeated(texting, request, input, &owner, &newest) {
        return Ok(None);
    }
    request.trace.note_repeated();
    Ok(Some(Output::of(&owner, &newest, signup, request.now())))
}

/// Reads the newest challenge of the account of `owner`.
async fn newest(
    texting: &TextingContext,
    request: CodeRequest<'_>,
    owner: &User,
) -> Result<Option<Challenge>, Error> {
    let read = texting.context.store.challenge(request.username, request.moment.deadline);
    let newest = request.trace.stage(Stage::Load, read).await?;
    Ok(newest.filter(|newest| newest.account() == owner.account))
}

/// Returns whether the call is a repeat of the signup that made `owner`, by its key and its details.
fn is_repeated(
    texting: &TextingContext,
    request: CodeRequest<'_>,
    input: &Input,
    owner: &User,
    newest: &Challenge,
) -> bool {
    request.key_hash(texting).is_some_and(|key| newest.answered(Call::Signup, key, request.now()))
        && input.has_details_of(owner)
        && owner.password_hash.matches(&input.password)
}

/// Counts a signup that stores nothing against its address: names must not be looked up without end, nor passwords be
/// compared.
async fn count_probe(texting: &TextingContext, request: CodeRequest<'_>) -> Result<(), Error> {
    let CallContext { pepper, policy, .. } = &texting.context;
    let Some(address) = limit::address(request.source, pepper, policy, request.now()) else { return Ok(()) };
    let count = texting.limits.count_one(&address, request.moment.deadline);
    if request.trace.stage(Stage::Count, count).await? {
        return Ok(());
    }
    let retry_after = request.now().until(address.ends_at);
    Err(Refusal::RateLimited { cap: Cap::Address, retry_after }.into())
}
