"""Apache Airflow provider for Cekat: WhatsApp messages from and to a DAG."""

__version__ = "0.1.0"
