"""Data views, saved searches and dashboards for Kibana: readable definitions, and their way to Kibana's APIs."""
