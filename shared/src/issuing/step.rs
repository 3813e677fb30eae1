//! The step of time on which answers leave, so that how long one took does not tell whether a text was sent.

use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Deadline;

/// Waits until a whole multiple of `step` has passed since `came`: what an answer took then does not tell whether a text
/// was sent. At the deadline it waits no longer; without a step not at all.
pub(super) async fn wait(step: Duration, came: Instant, deadline: Deadline) {
    if !step.is_zero() {
        let steps = came.elapsed().as_nanos().div_ceil(step.as_nanos());
        let left =
            step.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX)).saturating_sub(came.elapsed());
        tokio::time::sleep(left.min(deadline.remaining())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Case 36, the rule itself.
    #[tokio::test(start_paused = true)]
    async fn answers_leave_on_whole_steps() {
        let step = Duration::from_secs(1);
        for (worked, left) in
            [(0, 0), (1, 1_000), (999, 1_000), (1_000, 1_000), (1_001, 2_000), (2_600, 3_000)]
        {
            let came = Instant::now();
            tokio::time::advance(Duration::from_millis(worked)).await;
            wait(step, came, Deadline::after(Duration::from_secs(10))).await;
            assert_eq!(came.elapsed(), Duration::from_millis(left), "after {worked} ms");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_step_outlasts_the_deadline_and_none_of_zero_is_waited_for() {
        let came = Instant::now();
        tokio::time::advance(Duration::from_millis(2_600)).await;
        wait(Duration::ZERO, came, Deadline::after(Duration::from_secs(10))).await;
        assert_eq!(came.elapsed(), Duration::from_millis(2_600));
        wait(Duration::from_secs(1), came, Deadline::after(Duration::from_millis(100))).await;
        assert_eq!(came.elapsed(), Duration::from_millis(2_700));
    }
}
