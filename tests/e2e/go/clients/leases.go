package main

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

var leaseChecks = []check{
	{"lease: one of two candidates leads; the other takes over", election},
}

func election(ctx context.Context, e *env) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	client, err := kubernetes.NewForConfig(e.config)
	if err != nil {
		return err
	}
	led := make(chan string, 4)
	stops := map[string]context.CancelFunc{}
	for _, name := range []string{"one", "two"} {
		lock := &resourcelock.LeaseLock{
			LeaseMeta: metav1.ObjectMeta{Name: "leader", Namespace: e.namespace}, Client: client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: name},
		}
		candidate, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
			Lock: lock, LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 200 * time.Millisecond, ReleaseOnCancel: true,
			Callbacks: leaderelection.LeaderCallbacks{OnStartedLeading: func(context.Context) { led <- name }, OnStoppedLeading: func() {}},
		})
		if err != nil {
			return err
		}
		own, stop := context.WithCancel(ctx)
		stops[name] = stop
		go candidate.Run(own)
	}
	var leader string
	select {
	case leader = <-led:
	case <-time.After(10 * time.Second):
		return fmt.Errorf("nobody leads")
	}
	select {
	case other := <-led:
		return fmt.Errorf("%s and %s lead", leader, other)
	case <-time.After(time.Second):
	}
	lease, err := e.typed.CoordinationV1().Leases(e.namespace).Get(ctx, "leader", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := expect("holder", *lease.Spec.HolderIdentity, leader); err != nil {
		return err
	}
	stops[leader]()
	select {
	case next := <-led:
		if next == leader {
			return fmt.Errorf("%s leads again", next)
		}
	case <-time.After(10 * time.Second):
		return fmt.Errorf("nobody takes over")
	}
	lease, err = e.typed.CoordinationV1().Leases(e.namespace).Get(ctx, "leader", metav1.GetOptions{})
	if err != nil {
		return err
	}
	return expect("transitions", *lease.Spec.LeaseTransitions >= 1, true)
}
