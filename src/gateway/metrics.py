"""Prometheus metrics of one process, in a registry of its own."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """Counts what an operator watches: what comes in, what waits, what goes out."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = Counter(
            "sportello_received_total",
            "Payloads answered by the doors, by kind of channel and outcome",
            ["kind", "outcome"],
            registry=self.registry,
        )
        self.batch = Histogram(
            "sportello_ingest_batch_messages",
            "Messages committed by one transaction",
            buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000),
            registry=self.registry,
        )
        self.attempts = Counter(
            "sportello_delivery_attempts_total",
            "Sending attempts, by the state that they left the delivery in",
            ["state"],
            registry=self.registry,
        )
        self.reports = Counter(
            "sportello_reports_total",
            "Reports of providers about deliveries, by kind of channel and what became of them",
            ["kind", "outcome"],
            registry=self.registry,
        )
        self.files = Counter(
            "sportello_files_total",
            "Tries of fetching a file that a provider keeps, by outcome",
            ["outcome"],
            registry=self.registry,
        )
        self.polls = Counter(
            "sportello_mailbox_polls_total",
            "Polls of mailboxes, by outcome: done, or the kind of failure",
            ["outcome"],
            registry=self.registry,
        )
        self.scans = Counter(
            "sportello_scans_total",
            "Files given to the virus scanner, by outcome",
            ["outcome"],
            registry=self.registry,
        )

        self.webhook_calls = Counter(
            "sportello_webhook_calls_total",
            "Calls of other systems' webhooks, by outcome: delivered, or what went wrong",
            ["outcome"],
            registry=self.registry,
        )
        self.webhooks_disabled = Counter(
            "sportello_webhooks_disabled_total",
            "Webhooks that were disabled because nothing went through: gone or failing",
            ["reason"],
            registry=self.registry,
        )
        self.webhook_seconds = Histogram(
            "sportello_webhook_answer_seconds",
            "How long receivers of webhooks took to answer",
            buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20),
            registry=self.registry,
        )

    def gauge(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """A figure that is read whenever somebody asks."""
        Gauge(f"sportello_{name}", meaning, registry=self.registry).set_function(read)

    def exposition(self) -> bytes:
        return generate_latest(self.registry)
